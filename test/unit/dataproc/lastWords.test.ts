import assert from 'node:assert/strict';
import { lastWords } from '../../../src/dataproc/lastWords';

describe('The last words of an initialization action', () => {
  const cases: [output: string, said: string | undefined][] = [
    ['', undefined],
    ['\n \n', undefined],
    ['no disk\n', 'The machines say: no disk.'],
    [
      'dask-runner: fetching dask_runner\ndask-runner: failed while fetching dask_runner: gs://b/x could not be fetched.\n',
      'The machines say: failed while fetching dask_runner: gs://b/x could not be fetched.',
    ],
    [
      'dask-runner: making the Python environment\nsome text\nscript: line 92: Killed\n\n',
      'The machines say: failed while making the Python environment: script: line 92: Killed.',
    ],
  ];
  for (const [output, said] of cases) {
    it(JSON.stringify(output), () => assert.equal(lastWords(output), said));
  }
});
