import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../../src/core/errors';
import { GoogleAccess, type AccessChoice } from '../../../../src/dataproc/access/googleAccess';
import { RestGoogleApi } from '../../../../src/dataproc/google/restGoogleApi';
import { Emulator } from '../../../emulator/emulator';
import { RecordingLogger } from '../../../fakes/recordingLogger';
import { canary, googleError, place, rejection, until } from '../google/fixture';
import { FakeGcloud } from './fakeGcloud';

const secret = '1//canary-of-the-refresh-tokens';
const signal = new AbortController().signal;
const minute = 60_000;

interface Asked {
  path: string;
  body: string;
  headers: IncomingMessage['headers'];
}

/** A token endpoint, metadata server or IAM that answers as it is told. */
class FakeServer {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => { status?: number; body: unknown } | Promise<{ status?: number; body: unknown }> = () => ({
    body: {},
  });
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeServer> {
    const server = createServer((request, response) => {
      void (async () => {
        let body = '';
        for await (const part of request) {
          body += String(part);
        }
        const asked = { path: request.url ?? '', body, headers: request.headers };
        fake.asked.push(asked);
        const { status = 200, body: answer } = await fake.answer(asked);
        response.writeHead(status, { 'Content-Type': typeof answer === 'string' ? 'text/plain' : 'application/json' });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      })();
    });
    const fake = new FakeServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('dataproc: access', () => {
  let home: string;
  let server: FakeServer;
  let gcloud: FakeGcloud;
  let log: RecordingLogger;
  let environment: Record<string, string>;
  let now: number;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'dask-access-'));
    server = await FakeServer.start();
    gcloud = await FakeGcloud.install(join(home, 'bin'));
    log = new RecordingLogger();
    environment = { HOME: home, PATH: join(home, 'bin') };
    now = Date.now();
  });

  afterEach(async () => {
    server.close();
    ok(!log.lines.join().includes('canary'), 'no token in the log');
    await rm(home, { recursive: true });
  });

  const accessOf = (choice: AccessChoice = {}, endpoint?: string): GoogleAccess =>
    new GoogleAccess({
      choice,
      logger: log,
      environment,
      now: () => now,
      ...(endpoint === undefined ? {} : { endpoint }),
    });

  const signedIn = async (json: object = {}): Promise<void> => {
    const folder = join(home, '.config', 'gcloud');
    await mkdir(folder, { recursive: true });
    const file = {
      type: 'authorized_user',
      client_id: 'client',
      client_secret: 'client-canary',
      refresh_token: secret,
      token_uri: `${server.url}/token`,
      quota_project_id: 'project-of-file',
      ...json,
    };
    await writeFile(join(folder, 'application_default_credentials.json'), JSON.stringify(file));
  };

  const tokens = (): void => {
    let count = 0;
    server.answer = () => ({
      body: { access_token: `${canary}-${++count}`, expires_in: 3600, token_type: 'Bearer' },
    });
  };

  const userError = async (call: Promise<unknown>): Promise<UserError> => {
    const error = await rejection(call);
    if (!(error instanceof UserError)) {
      throw error;
    }
    const shown = [error.message, error.stack, inspected(error.cause)].join();
    ok(!shown.includes('canary'), shown);
    return error;
  };

  describe('by application default credentials', () => {
    it('renews a token five minutes before its end, and not before', async () => {
      await signedIn();
      tokens();
      const access = accessOf();
      equal(await access.token(signal), `${canary}-1`);
      now += 54 * minute;
      equal(await access.token(signal), `${canary}-1`);
      now += 2 * minute;
      equal(await access.token(signal), `${canary}-2`);
      equal(server.asked.length, 2);
      const form = new URLSearchParams(server.asked[0]?.body);
      deepEqual([form.get('grant_type'), form.get('refresh_token')], ['refresh_token', secret]);
      deepEqual(await gcloud.calls(), []);
    });

    it('asks once for all who wait, and goes on for others where one is cancelled', async () => {
      await signedIn();
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      server.answer = async () => {
        await gate;
        return { body: { access_token: canary, expires_in: 3600 } };
      };
      const access = accessOf();
      const stop = new AbortController();
      const cancelled = rejection(access.token(stop.signal));
      const others = [access.token(signal), access.token(signal)];
      stop.abort();
      equal((await cancelled).name, 'CancelledError');
      open();
      deepEqual(await Promise.all(others), [canary, canary]);
      equal(server.asked.length, 1);
    });

    it('gets another token where one was refused, once for all who had it', async () => {
      await signedIn();
      tokens();
      const access = accessOf();
      const token = await access.token(signal);
      access.refused(token);
      equal(await access.token(signal), `${canary}-2`);
      access.refused(token);
      equal(await access.token(signal), `${canary}-2`);
      equal(server.asked.length, 2);
    });

    it('says which account and project are in use', async () => {
      await signedIn({ account: 'somebody@example.com' });
      deepEqual(await accessOf().who(signal), {
        account: 'somebody@example.com',
        project: 'project-of-file',
        source: 'applicationDefault',
      });
      environment['GOOGLE_CLOUD_PROJECT'] = 'project-of-environment';
      equal((await accessOf().who(signal)).project, 'project-of-environment');
      equal((await accessOf({ project: 'chosen' }).who(signal)).project, 'chosen');
      delete environment['GOOGLE_CLOUD_PROJECT'];
      await signedIn({ quota_project_id: undefined });
      deepEqual(await accessOf().who(signal), {
        account: undefined,
        project: 'project-of-gcloud',
        source: 'applicationDefault',
      });
    });

    for (const [title, body, code, next] of [
      [
        'revoked',
        { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
        'signInEnded',
        /: gcloud auth application-default login$/,
      ],
      [
        'to be made again',
        {
          error: 'invalid_grant',
          error_description: 'reauth related error (invalid_rapt)',
          error_subtype: 'invalid_rapt',
        },
        'signInEnded',
        /: gcloud auth application-default login$/,
      ],
      [
        'of a client that is gone',
        { error: 'deleted_client', error_description: 'The OAuth client was deleted.' },
        'tokenRefused',
        /: gcloud auth application-default login$/,
      ],
    ] as const) {
      it(`names the command where the sign-in is ${title}`, async () => {
        await signedIn();
        server.answer = () => ({ status: 400, body });
        const error = await userError(accessOf().token(signal));
        equal(error.code, code);
        match(error.next, next);
        equal(/organization/.test(error.why ?? ''), title === 'to be made again');
        equal(server.asked.length, 1);
      });
    }

    it('tells a network that is not there from a sign-in', async () => {
      await signedIn({ token_uri: 'http://127.0.0.1:9/token' });
      const error = await googleError(accessOf().token(signal));
      equal(error.code, 'UNAVAILABLE');
      match(error.message, /127\.0\.0\.1:9 could not be reached/);
      ok(!inspected(error).includes('canary'));
    });

    it('says what is wrong with a file', async () => {
      environment['GOOGLE_APPLICATION_CREDENTIALS'] = join(home, 'key.json');
      match(
        (await userError(accessOf().token(signal))).message,
        /key\.json are missing: GOOGLE_APPLICATION_CREDENTIALS/,
      );
      for (const [text, why] of [
        ['{"refresh_token": "canary', /are not what Google writes/],
        ['{"type": "canary_type"}'.replace('canary', 'other'), /type other_type, which is not known/],
        ['{"type": "authorized_user"}', /lack what their type needs/],
        ['{"type": "service_account"}', /lack what their type needs/],
        ['{"type": "impersonated_service_account"}', /lack what their type needs/],
      ] as const) {
        await writeFile(join(home, 'key.json'), text);
        const error = await userError(accessOf().token(signal));
        deepEqual([error.code], ['credentialsUnreadable']);
        match(error.message, why);
      }
    });

    it('says that nobody is signed in, and looks again with the next ask', async () => {
      const access = accessOf({ source: 'applicationDefault' });
      const error = await userError(access.token(signal));
      equal(error.code, 'notSignedIn');
      equal(error.next, 'Sign in: gcloud auth application-default login');
      await signedIn();
      tokens();
      equal(await access.token(signal), `${canary}-1`);
    });

    it("uses the machine's own account where the machine has one", async () => {
      environment['GCE_METADATA_HOST'] = server.host;
      server.answer = ({ path, headers }) => {
        equal(headers['metadata-flavor'], 'Google');
        const answers: Record<string, unknown> = {
          'instance/service-accounts/default/token': { access_token: canary, expires_in: 1800 },
          'instance/service-accounts/default/email': 'vm@p1.iam.gserviceaccount.com',
          'project/project-id': 'project-of-machine',
        };
        return { body: answers[path.replace('/computeMetadata/v1/', '')] };
      };
      const access = accessOf();
      equal(await access.token(signal), canary);
      deepEqual(await access.who(signal), {
        account: 'vm@p1.iam.gserviceaccount.com',
        project: 'project-of-machine',
        source: 'applicationDefault',
      });
      server.answer = () => ({ status: 404, body: 'no such account' });
      equal((await userError(accessOf().token(signal))).code, 'notSignedIn');
    });

    it('works with the emulator as it is, and names the project that pays', async () => {
      const emulator = await Emulator.start();
      try {
        await signedIn({ token_uri: `${emulator.url}/token`, quota_project_id: 'payer' });
        const access = accessOf();
        const api = new RestGoogleApi({ endpoint: emulator.url, access, logger: log });
        equal(await api.dataproc.cluster(place, 'nobody', signal), undefined);
        const issued = await access.token(signal);
        emulator.tokens.revoke(issued);
        equal(await api.dataproc.cluster(place, 'nobody', signal), undefined, 'a 401 forces a new token');
        notEqual(await access.token(signal), issued);
        equal(access.quotaProject, 'payer');
        await signedIn({ token_uri: `${emulator.url}/token`, refresh_token: 'revoked' });
        access.use({});
        equal((await userError(api.dataproc.cluster(place, 'nobody', signal))).code, 'signInEnded');
      } finally {
        await emulator.close();
      }
    });
  });

  describe('by gcloud', () => {
    beforeEach(() => gcloud.answer('auth print-access-token', canary));

    it('is used where there are no other credentials, and is asked again after four minutes', async () => {
      const access = accessOf();
      equal(await access.token(signal), canary);
      now += 3 * minute;
      await access.token(signal);
      deepEqual(await gcloud.calls(), ['auth print-access-token']);
      now += 2 * minute;
      await access.token(signal);
      equal((await gcloud.calls()).length, 2);
      deepEqual(await access.who(signal), {
        account: 'user@example.com',
        project: 'project-of-gcloud',
        source: 'gcloud',
      });
    });

    it('is started once for all who wait', async () => {
      const access = accessOf();
      deepEqual(await Promise.all([access.token(signal), access.token(signal)]), [canary, canary]);
      equal((await gcloud.calls()).length, 1);
    });

    it('gives way to application default credentials, unless it is chosen', async () => {
      await signedIn();
      server.answer = () => ({ body: { access_token: 'of-the-file', expires_in: 3600 } });
      const access = accessOf();
      equal(await access.token(signal), 'of-the-file');
      access.use({ source: 'gcloud' });
      equal(await access.token(signal), canary);
      access.use({});
      equal(await access.token(signal), 'of-the-file');
    });

    it('takes another account and lists those that there are', async () => {
      await gcloud.answer(
        'auth list',
        JSON.stringify([
          { account: 'user@example.com', status: 'ACTIVE' },
          { account: 'other@example.com', status: '' },
        ]),
      );
      const access = accessOf({ account: 'other@example.com', project: 'chosen' });
      deepEqual(await access.accounts(signal), [
        { account: 'user@example.com', active: true },
        { account: 'other@example.com', active: false },
      ]);
      await access.token(signal);
      deepEqual((await gcloud.calls()).at(-1), 'auth print-access-token --account=other@example.com');
      deepEqual(await access.who(signal), { account: 'other@example.com', project: 'chosen', source: 'gcloud' });
      const calls = (await gcloud.calls()).length;
      equal((await userError(accessOf({ account: '& calc' }).token(signal))).code, 'notSignedIn');
      equal((await gcloud.calls()).length, calls);
    });

    for (const [title, stderr, code, next] of [
      [
        'nobody is signed in',
        'ERROR: (gcloud.auth.print-access-token) You do not currently have an active account selected.\nPlease run:\n\n  $ gcloud auth login\n',
        'notSignedIn',
        'Sign in: gcloud auth login',
      ],
      [
        'the sign-in was revoked',
        'ERROR: (gcloud.auth.print-access-token) There was a problem refreshing your current auth tokens: (\'invalid_grant: Bad Request\', {"error": "invalid_grant"})\nPlease run:\n\n  $ gcloud auth login\n',
        'signInEnded',
        'Sign in: gcloud auth login',
      ],
      [
        'an organization wants it again',
        'Reauthentication required.\nERROR: (gcloud.auth.print-access-token) There was a problem reauthenticating while refreshing your current auth tokens: (invalid_grant: Bad Request, invalid_rapt)\n',
        'signInEnded',
        'Sign in: gcloud auth login',
      ],
      [
        'it fails in a way of its own',
        `Traceback of ${canary}\nERROR: gcloud failed to load: No module named ${canary}\n`,
        'gcloudFailed',
        'See what it says in a terminal: gcloud auth print-access-token',
      ],
    ] as const) {
      it(`names the command where ${title}`, async () => {
        await gcloud.fail(stderr);
        const error = await userError(accessOf({ source: 'gcloud' }).token(signal));
        deepEqual([error.code, error.next], [code, next]);
        equal(/organization/.test(error.why ?? ''), title === 'an organization wants it again');
      });
    }

    it('names the account in the command', async () => {
      await gcloud.fail(
        'ERROR: (gcloud.auth.print-access-token) Your current active account [x] does not have any valid credentials',
      );
      const error = await userError(accessOf({ account: 'other@example.com' }).token(signal));
      equal(error.next, 'Sign in: gcloud auth login other@example.com');
    });

    it('says how to get it where it is missing', async () => {
      environment['PATH'] = '/nowhere';
      const chosen = await userError(accessOf({ source: 'gcloud' }).token(signal));
      equal(chosen.code, 'gcloudMissing');
      match(chosen.next, /^Install it, then sign in: gcloud auth login$/);
      equal(chosen.buttons[0]?.title, 'Install gcloud');
      const begun = Date.now();
      const none = await userError(accessOf().token(signal));
      equal(none.code, 'noCredentials');
      match(none.next, /gcloud auth application-default login$/);
      ok(Date.now() - begun < 500, 'no metadata server is looked for');
      deepEqual(await accessOf().accounts(signal), []);
    });

    it('is found where its installer puts it', async () => {
      environment['PATH'] = '/nowhere';
      const other = await FakeGcloud.install(join(home, 'google-cloud-sdk', 'bin'));
      await other.answer('auth print-access-token', `${canary}-installed`);
      equal(await accessOf().token(signal), `${canary}-installed`);
    });

    it('does not keep who has cancelled, and ends what nobody waits for', async () => {
      await gcloud.hang();
      const stop = new AbortController();
      const access = accessOf({ source: 'gcloud' });
      const calls = [rejection(access.token(stop.signal)), rejection(access.token(stop.signal))];
      const pid = await until(
        () => gcloud.pid(),
        (one) => one > 0,
      );
      stop.abort();
      deepEqual(
        (await Promise.all(calls)).map(({ name }) => name),
        ['CancelledError', 'CancelledError'],
      );
      await until(
        () => isAlive(pid),
        (alive) => !alive,
      );
    });

    it('names the sign-in where the next token is refused too', async () => {
      const emulator = await Emulator.start();
      try {
        const access = accessOf({ source: 'gcloud' });
        const api = new RestGoogleApi({ endpoint: emulator.url, access, logger: log });
        const error = await userError(api.compute.regions('p1', signal));
        deepEqual([error.code, error.next], ['signInEnded', 'Sign in: gcloud auth login']);
        equal(emulator.server.counts.get('compute.regions.list'), 2);
        equal((await gcloud.calls()).length, 2);
      } finally {
        await emulator.close();
      }
    });
  });

  describe('by impersonation', () => {
    const target = 'runner@p1.iam.gserviceaccount.com';
    const end = (): string => new Date(now + 60 * minute).toISOString();
    beforeEach(() => gcloud.answer('auth print-access-token', `${canary}-source`));

    it('has a token of the service account made over gcloud', async () => {
      server.answer = () => ({ body: { accessToken: canary, expireTime: end() } });
      const access = accessOf({ impersonate: target }, server.url);
      equal(await access.token(signal), canary);
      const [asked] = server.asked;
      equal(asked?.path, `/v1/projects/-/serviceAccounts/${encodeURIComponent(target)}:generateAccessToken`);
      equal(asked.headers.authorization, `Bearer ${canary}-source`);
      now += 50 * minute;
      await access.token(signal);
      equal(server.asked.length, 1);
      now += 6 * minute;
      await access.token(signal);
      equal(server.asked.length, 2);
      deepEqual(await access.who(signal), {
        account: target,
        project: 'project-of-gcloud',
        source: 'gcloud',
        impersonatedBy: 'user@example.com',
      });
    });

    it('does so over application default credentials, also where their file says it', async () => {
      server.answer = ({ path }) => ({
        body:
          path === '/token'
            ? { access_token: `${canary}-source`, expires_in: 3600 }
            : { accessToken: canary, expireTime: end() },
      });
      await signedIn();
      equal(await accessOf({ impersonate: target }, server.url).token(signal), canary);
      const source = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: secret };
      await signedIn({
        type: 'impersonated_service_account',
        service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${target}:generateAccessToken`,
        source_credentials: { ...source, token_uri: `${server.url}/token` },
        delegates: ['between@p1.iam.gserviceaccount.com'],
      });
      const access = accessOf({}, server.url);
      equal(await access.token(signal), canary);
      deepEqual((JSON.parse(server.asked.at(-1)?.body ?? '') as { delegates: string[] }).delegates, [
        'projects/-/serviceAccounts/between@p1.iam.gserviceaccount.com',
      ]);
      equal((await access.who(signal)).account, target);
    });

    it('names the role that is missing', async () => {
      for (const status of [403, 404]) {
        server.answer = () => ({
          status,
          body: {
            error: {
              code: status,
              status: status === 403 ? 'PERMISSION_DENIED' : 'NOT_FOUND',
              message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
            },
          },
        });
        const error = await userError(accessOf({ impersonate: target }, server.url).token(signal));
        equal(error.code, 'impersonationDenied');
        match(error.message, /user@example\.com may not act as runner@p1/);
        match(error.next, /roles\/iam\.serviceAccountTokenCreator/);
      }
    });

    it('leaves an API that is off to who explains it', async () => {
      const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }];
      server.answer = () => ({
        status: 403,
        body: { error: { code: 403, status: 'PERMISSION_DENIED', message: 'Off.', details } },
      });
      const error = await googleError(accessOf({ impersonate: target }, server.url).token(signal));
      equal(error.reason, 'SERVICE_DISABLED');
    });
  });

  it('names the command where no project pays for calls', async () => {
    await gcloud.answer('auth print-access-token', canary);
    server.answer = () => ({
      status: 403,
      body: {
        error: {
          code: 403,
          status: 'PERMISSION_DENIED',
          message:
            'Your application is authenticating by using local Application Default Credentials. The compute.googleapis.com API requires a quota project, which is not set by default.',
        },
      },
    });
    const api = new RestGoogleApi({ endpoint: server.url, access: accessOf(), logger: log });
    const error = await userError(api.compute.regions('p1', signal));
    equal(error.next, 'Name one: gcloud auth application-default set-quota-project p1');
  });

  it('says that something on the way has answered', async () => {
    await gcloud.answer('auth print-access-token', canary);
    server.answer = () => ({ body: '<html>Sign in to the network</html>' });
    const api = new RestGoogleApi({ endpoint: server.url, access: accessOf(), logger: log });
    match((await googleError(api.compute.regions('p1', signal))).message, /answered for by something else/);
  });
});

function inspected(error: unknown): string {
  return error instanceof Error
    ? [error.message, error.stack, JSON.stringify(error), inspected(error.cause)].join()
    : JSON.stringify(error ?? '');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
