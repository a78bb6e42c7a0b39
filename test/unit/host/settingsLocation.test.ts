import assert from 'node:assert/strict';

import { findSetting } from '../../../src/host/settingsLocation';

const settings = `{
  // A comment, and a trailing comma further down.
  "editor.fontSize": 12,
  "dask.profiles": {
    "big": {
      "backend": "local",
      "workers": { "minimum": 1, "maximum": 9000 },
      "memoryLimit": "lots",
    },
  },
}`;

function found(path: (string | number)[], text = settings): string | undefined {
  const span = findSetting(text, 'dask.profiles', path);
  return span && text.slice(span.offset, span.offset + span.length);
}

describe('findSetting', () => {
  it('finds the value that is meant', () => {
    assert.equal(found(['big', 'memoryLimit']), '"lots"');
    assert.equal(found(['big', 'workers', 'maximum']), '9000');
  });

  it('finds the name of what has many values', () => {
    assert.equal(found(['big']), '"big"');
    assert.equal(found([]), '"dask.profiles"');
  });

  it('finds the nearest that is there of what is missing', () => {
    assert.equal(found(['big', 'idleTimeout']), '"big"');
    assert.equal(found(['small', 'workers']), '"dask.profiles"');
  });

  it('looks under "settings" in a workspace file', () => {
    assert.equal(found(['big', 'memoryLimit'], `{ "folders": [], "settings": ${settings} }`), '"lots"');
  });

  it('finds nothing in a file without the setting', () => {
    assert.equal(found(['big'], '{}'), undefined);
    assert.equal(found(['big'], ''), undefined);
  });

  it('finds its way in a file that is not right elsewhere', () => {
    assert.equal(
      found(['big', 'memoryLimit'], settings.replace('"editor.fontSize": 12,', '"editor.fontSize": ,')),
      '"lots"',
    );
  });
});
