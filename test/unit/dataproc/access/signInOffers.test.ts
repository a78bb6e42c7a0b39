import { deepEqual, match } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignInOffer } from '../../../../src/core/googleAccount';
import { GoogleAccess } from '../../../../src/dataproc/access/googleAccess';
import { signInOffers } from '../../../../src/dataproc/access/signInOffers';
import { RecordingLogger } from '../../../fakes/recordingLogger';
import { FakeGcloud } from './fakeGcloud';

const signal = new AbortController().signal;

describe('dataproc: ways to sign in', () => {
  let home: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'dask-offers-'));
    environment = { HOME: home, PATH: join(home, 'bin') };
  });

  afterEach(() => rm(home, { recursive: true }));

  const offers = (): Promise<readonly SignInOffer[]> => {
    const options = { environment, logger: new RecordingLogger() };
    return signInOffers(new GoogleAccess(options), options, signal);
  };

  it('are all accounts of gcloud, with the one in use marked, and what is missing with its command', async () => {
    const gcloud = await FakeGcloud.install(join(home, 'bin'));
    const listed = [
      { account: 'user@example.com', status: 'ACTIVE' },
      { account: 'other@example.com', status: '' },
    ];
    await gcloud.answer('auth list', JSON.stringify(listed));
    const [credentials, ...accounts] = await offers();
    deepEqual(
      accounts.map(({ account, current }) => [account, current]),
      [
        ['user@example.com', true],
        ['other@example.com', false],
      ],
    );
    match(credentials?.missing ?? '', /Sign in: gcloud auth application-default login/);
    deepEqual(credentials?.command, 'gcloud auth application-default login');
  });

  it('say how to sign in where gcloud has no account', async () => {
    const gcloud = await FakeGcloud.install(join(home, 'bin'));
    await gcloud.answer('auth list', '[]');
    const [, account] = await offers();
    match(account?.missing ?? '', /Nobody is signed in\. Sign in: gcloud auth login/);
    deepEqual(account?.command, 'gcloud auth login');
  });

  it('say that gcloud is missing, and have no command then', async () => {
    const [, account] = await offers();
    match(account?.missing ?? '', /was not found on the PATH/);
    deepEqual(account?.command, undefined);
  });
});
