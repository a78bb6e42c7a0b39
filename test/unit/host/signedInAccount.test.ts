import assert from 'node:assert/strict';

import type { SettingId } from '../../../src/contributions';
import type { DataprocProfile } from '../../../src/core/dataprocProfile';
import { Emitter } from '../../../src/core/event';
import { SignedInAccount } from '../../../src/host/signedInAccount';
import { RecordingLogger } from '../../fakes/recordingLogger';

describe('SignedInAccount', () => {
  let projects: string[];
  let asked: number;
  let answer: () => Promise<string | undefined>;
  let settings: Emitter<SettingId>;
  let signedIn: SignedInAccount;

  beforeEach(() => {
    projects = ['my-project'];
    asked = 0;
    answer = () => Promise.resolve('me@example.com');
    settings = new Emitter();
    signedIn = new SignedInAccount(
      {
        dataprocProfiles: () => projects.map((project) => ({ project }) as DataprocProfile),
        onDidChange: settings.event,
      },
      {
        who: async () => {
          asked += 1;
          return { source: 'gcloud', account: await answer(), project: undefined };
        },
      },
      new RecordingLogger(),
    );
  });

  afterEach(() => signedIn.dispose());

  /** Asks, and waits for what is told. */
  const told = (ask: () => void): Promise<void> =>
    new Promise((resolve) => {
      const subscription = signedIn.onDidChange(() => {
        subscription.dispose();
        resolve();
      });
      ask();
    });

  it('says who asks and about which project, and asks once', async () => {
    await told(() => signedIn.look());
    signedIn.look();
    assert.equal(signedIn.text, 'me@example.com · my-project');
    assert.equal(asked, 1);
    projects = ['my-project', 'other-project', 'my-project'];
    assert.equal(signedIn.text, 'me@example.com · 2 projects');
  });

  it('asks nobody, and says nothing, where no profile is of Dataproc', () => {
    projects = [];
    signedIn.look();
    signedIn.lookAgain();
    assert.deepEqual([asked, signedIn.text], [0, undefined]);
  });

  it('says that nobody is signed in, and who is after a sign-in', async () => {
    answer = () => Promise.reject(new Error('Nobody is signed in.'));
    await told(() => signedIn.look());
    assert.equal(signedIn.text, 'not signed in · my-project');
    answer = () => Promise.resolve('you@example.com');
    await told(() => signedIn.lookAgain());
    assert.equal(signedIn.account, 'you@example.com');
  });

  it('takes the answer of the last question alone', async () => {
    let late: (account: string) => void = () => undefined;
    answer = () => new Promise((resolve) => (late = resolve));
    signedIn.look();
    answer = () => Promise.resolve('you@example.com');
    await told(() => signedIn.lookAgain());
    late('me@example.com');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(signedIn.account, 'you@example.com');
  });
});
