import assert from 'node:assert/strict';

import { applyEdits, parse } from 'jsonc-parser/lib/esm/main.js';

import { findInProfile, findSetting, insertProfile, setInProfile } from '../../../src/host/settingsLocation';

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

describe('findInProfile', () => {
  const place = (name: string, path: string[], text = settings): string | undefined => {
    const span = findInProfile(text, name, path);
    return span && text.slice(span.offset, span.offset + span.length);
  };

  it('finds the value, or the nearest that is there', () => {
    assert.equal(place('big', ['memoryLimit']), '"lots"');
    assert.equal(place('big', ['project']), '"big"');
    assert.equal(place('', []), '"dask.profiles"');
    assert.equal(place('p', [], '{ "settings": { "dask.profiles": { "p": 5 } } }'), '5');
  });

  it('finds nothing in a file that does not have the profile', () => {
    assert.equal(place('small', ['workers']), undefined);
    assert.equal(place('', [], '{}'), undefined);
    assert.equal(place('p', [], ''), undefined);
  });
});

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

describe('insertProfile', () => {
  const cloud = { backend: 'dataproc', worker: { count: 2 } };
  const added = (text: string): string => {
    const edits = insertProfile(text, 'cloud', cloud);
    assert.ok(edits);
    return applyEdits(text, [...edits]);
  };

  it('adds a profile to those of a file, and keeps every comment and value of it', () => {
    const commented = settings.replace('"big": {', '// Asked for by the team.\n    "big": { // twice');
    const after = added(commented);
    assert.match(after, /Asked for by the team/);
    assert.match(after, /A comment, and a trailing comma further down/);
    assert.match(after, /\/\/ twice/);
    const before = parse(commented) as { 'dask.profiles': object };
    assert.deepEqual(parse(after), { ...before, 'dask.profiles': { ...before['dask.profiles'], cloud } });
  });

  it('keeps to how the file is indented', () => {
    assert.match(added(settings), /^ {4}"cloud": \{\n {6}"backend"/m);
  });

  it('finds the settings of a workspace file', () => {
    const text = '{ "folders": [], "settings": { "dask.profiles": { "a": {} } } }';
    assert.deepEqual((parse(added(text)) as { settings: object }).settings, { 'dask.profiles': { a: {}, cloud } });
  });

  it('leaves a file alone that has no profiles', () => {
    assert.equal(insertProfile('{ "editor.fontSize": 12 }', 'cloud', cloud), undefined);
    assert.equal(insertProfile('', 'cloud', cloud), undefined);
  });
});

describe('setInProfile', () => {
  it('changes one field of a profile, or adds it, and keeps every comment', () => {
    const commented = settings.replace('"big": {', '// Asked for by the team.\n    "big": { // twice');
    const after = setInProfile(commented, 'big', ['askFirst'], false);
    assert.ok(after !== undefined);
    assert.match(after, /Asked for by the team/);
    assert.match(after, /\/\/ twice/);
    const before = parse(commented) as { 'dask.profiles': { big: object } };
    assert.deepEqual(parse(after), {
      ...before,
      'dask.profiles': { ...before['dask.profiles'], big: { ...before['dask.profiles'].big, askFirst: false } },
    });
    assert.equal(setInProfile(after, 'big', ['askFirst'], false), after);
  });

  it('finds the settings of a workspace file', () => {
    const text = '{ "settings": { "dask.profiles": { "a": { "askFirst": true } } } }';
    assert.equal(setInProfile(text, 'a', ['askFirst'], false), text.replace('true', 'false'));
  });

  it('leaves a file alone that does not have the profile', () => {
    assert.equal(setInProfile('{ "dask.profiles": { "a": {} } }', 'b', ['askFirst'], false), undefined);
    assert.equal(setInProfile('', 'b', ['askFirst'], false), undefined);
  });
});
