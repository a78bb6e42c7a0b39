import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { writeArchive } from '../../../../src/dataproc/packaging/writeArchive';
import { paths, Project } from './project';

describe('An environment that was made right into the folder of the code', () => {
  const files = {
    'mono/etl/run.py': 'from helper import f\nimport foo',
    'mono/etl/helper.py': '',
    'mono/etl/pyvenv.cfg': 'home = /usr/bin',
    'mono/etl/bin/python': '',
    'mono/etl/bin/tool.py': '',
    'mono/etl/lib/python3.11/site-packages/foo/__init__.py': '',
    'mono/etl/lib/python3.11/own.py': '',
    'mono/venv/pyvenv.cfg': '',
    'mono/venv/x.py': '',
  };

  it('does not keep the code from being packed, and is not packed itself', () =>
    Project.with(files, async (project) => {
      const plan = await project.plan('mono/etl/run.py', { globs: ['**/*.py', 'mono/etl/pyvenv.cfg'] });
      const code = ['mono/etl/helper.py', 'mono/etl/run.py'];
      assert.deepEqual(paths(plan), code);
      const archive = await writeArchive(plan, project.outer);
      const names = Object.keys(unzipSync(await readFile(archive.path))).filter((name) => !name.endsWith('/'));
      assert.deepEqual(names, code);
    }));
});
