import assert from 'node:assert/strict';

import { leftOutText, selectedFiles } from '../../../src/commands/selectedFiles';

const file = (path: string): { path: string; toString(): string } => ({ path, toString: () => `file://${path}` });
const isPython = ({ path }: { path: string }): boolean => path.endsWith('.py');
const paths = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

describe('selectedFiles', () => {
  it('takes the Python files of a selection, and says what is none', () => {
    const selected = ['/a.py', '/data.csv', '/b.py'].map(file);
    const { files, leftOut } = selectedFiles(file('/a.py'), selected, isPython);
    assert.deepEqual(paths(files), ['/a.py', '/b.py']);
    assert.deepEqual(paths(leftOut), ['/data.csv']);
  });

  it('takes the target alone where something else is selected', () => {
    const { files, leftOut } = selectedFiles(file('/c.py'), ['/a.py', '/data.csv'].map(file), isPython);
    assert.deepEqual(paths(files), ['/c.py']);
    assert.deepEqual(leftOut, []);
  });

  it('takes the target whatever its name: the menu was opened on it', () => {
    const { files } = selectedFiles(file('/tool'), ['/tool', '/data.csv'].map(file), isPython);
    assert.deepEqual(paths(files), ['/tool']);
  });
});

describe('leftOutText', () => {
  it('names the one, and counts more', () => {
    assert.equal(leftOutText([]), undefined);
    assert.equal(leftOutText([file('/x/data.csv')]), 'data.csv is not a Python file, and was not run.');
    assert.equal(
      leftOutText(['/x/a.csv', '/b.csv', '/c.csv'].map(file)),
      'a.csv and 2 more that are selected are not Python files, and were not run.',
    );
  });
});
