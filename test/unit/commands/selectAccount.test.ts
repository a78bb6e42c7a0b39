import { EditorStub } from './editorStub';
import assert from 'node:assert/strict';

import type { CommandParts } from '../../../src/commands/commandParts';
import { selectAccount } from '../../../src/commands/selectAccount';
import type { SignIn, SignInOffer } from '../../../src/core/googleAccount';

const editor = EditorStub.current;
const none = { project: undefined, current: false, missing: undefined, command: undefined };

describe('Select Google Account', () => {
  let set: SignIn[];
  let changed: number;
  let offers: readonly SignInOffer[];

  beforeEach(() => {
    editor.reset();
    set = [];
    changed = 0;
    offers = [
      {
        ...none,
        signIn: { source: 'applicationDefault' },
        account: undefined,
        missing: 'Nobody is signed in. Sign in: gcloud auth application-default login',
        command: 'gcloud auth application-default login',
      },
      { ...none, signIn: { source: 'gcloud', account: 'me@example.com' }, account: 'me@example.com', current: true },
      { ...none, signIn: { source: 'gcloud', account: 'you@example.com' }, account: 'you@example.com' },
    ];
  });

  const parts = (): CommandParts => {
    const known = {
      settings: { signIn: {}, setSignIn: (signIn: SignIn) => Promise.resolve(void set.push(signIn)) },
      google: {
        accounts: { offers: () => Promise.resolve(offers) },
        signInChanged: () => (changed += 1),
      },
    };
    return known as unknown as CommandParts;
  };

  it('lists accounts, says which one is in use, and which command signs in', async () => {
    await assert.rejects(selectAccount(parts())());
    assert.deepEqual(editor.items, [
      '$(wand) Automatic application default credentials, else gcloud · set',
      '$(warning) Application default credentials ',
      '$(account) me@example.com gcloud · in use',
      '$(account) you@example.com gcloud',
    ]);
    assert.deepEqual(editor.details, ['Nobody is signed in. Sign in: gcloud auth application-default login']);
    assert.deepEqual([set, changed], [[], 0]);
  });

  it('has Google asked as the account that was chosen from now on', async () => {
    editor.answer = () => '$(account) you@example.com';
    await selectAccount(parts())();
    assert.deepEqual(set, [{ source: 'gcloud', account: 'you@example.com' }]);
    assert.equal(changed, 1);
  });

  it('types the command that signs in, and changes nothing', async () => {
    editor.answer = () => '$(warning) Application default credentials';
    await selectAccount(parts())();
    assert.deepEqual(editor.typed, ['gcloud auth application-default login']);
    assert.deepEqual([set, changed], [[], 0]);
  });
});
