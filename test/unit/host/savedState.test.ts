import assert from 'node:assert/strict';

import { SavedState } from '../../../src/host/savedState';

/** VS Code's store, as far as it is used: values pass through JSON. */
class Store {
  readonly values = new Map<string, string>();

  get = <T>(key: string, initial?: T): T => {
    const text = this.values.get(key);
    return (text === undefined ? initial : JSON.parse(text)) as T;
  };

  update(key: string, value: unknown): Promise<void> {
    this.values.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

/** VS Code's store of secrets. */
class Secrets {
  readonly values = new Map<string, string>();

  get = (key: string): Promise<string | undefined> => Promise.resolve(this.values.get(key));

  store(key: string, value: string): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.values.delete(key);
    return Promise.resolve();
  }
}

describe('SavedState', () => {
  let stores: { global: Store; workspace: Store; secrets: Secrets };
  let state: SavedState;

  beforeEach(() => {
    stores = { global: new Store(), workspace: new Store(), secrets: new Secrets() };
    state = new SavedState(stores);
  });

  it('remembers the options of each file in the workspace', async () => {
    const options = { profile: 'big', args: ['--year', '2026'], environment: { A: '1' } };
    await state.rememberRunOptions('/a.py', options);
    assert.deepEqual(await new SavedState(stores).runOptions('/a.py'), options);
    assert.equal(await state.runOptions('/b.py'), undefined);
    assert.deepEqual([...stores.workspace.values.keys()], ['runOptions']);
    assert.equal(stores.global.values.size, 0);
  });

  it('keeps environment variables as secrets, and nowhere else', async () => {
    const options = { profile: 'local', args: [], environment: { TOKEN: 'hunter2' } };
    await state.rememberRunOptions('/a.py', options);
    const plain = JSON.stringify([[...stores.workspace.values], [...stores.global.values]]);
    assert.ok(!plain.includes('hunter2') && !plain.includes('TOKEN'), plain);
    await state.rememberRunOptions('/a.py', { ...options, environment: {} });
    assert.deepEqual(await state.runOptions('/a.py'), { ...options, environment: {} });
    assert.equal(stores.secrets.values.size, 0);
  });

  it('forgets the file that was run longest ago', async () => {
    const options = { profile: 'local', args: [], environment: { A: '1' } };
    for (let index = 0; index < 100; index++) {
      await state.rememberRunOptions(`/${index}.py`, options);
    }
    await state.rememberRunOptions('/0.py', options);
    await state.rememberRunOptions('/new.py', options);
    assert.equal(await state.runOptions('/1.py'), undefined);
    assert.deepEqual(await state.runOptions('/0.py'), options);
    assert.equal(stores.secrets.values.size, 100);
    assert.equal(Object.keys(state.get('runOptions')).length, 100);
  });

  it('remembers the choice for an interpreter in all workspaces', async () => {
    await state.rememberDaskChoice('/usr/bin/python3', 'managedEnvironment');
    assert.equal(state.daskChoice('/usr/bin/python3'), 'managedEnvironment');
    assert.equal(state.daskChoice('/other'), undefined);
    assert.deepEqual([...stores.global.values.keys()], ['daskChoices']);
  });
});
