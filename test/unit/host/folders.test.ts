import assert from 'node:assert/strict';

import { EditorStub } from '../commands/editorStub';
import { runFile } from '../../../src/commands/runFile';
import type { Profile } from '../../../src/core/profile';
import type { RunRequest } from '../../../src/core/run';
import { envFileOf } from '../../../src/host/envFileSetting';
import { ProfileProblems } from '../../../src/host/profileProblems';
import { activeInterpreter } from '../../../src/host/pythonExtension';
import { Settings } from '../../../src/host/settings';
import { HostInterpreterSource } from '../../../src/host/interpreterSource';
import { InterpreterPrompts } from '../../../src/host/interpreterPrompts';
import { SavedState } from '../../../src/host/savedState';
import type { Run } from '../../../src/run/run';
import { RecordingLogger } from '../../fakes/recordingLogger';

const stub = EditorStub.current;
const nothing = {
  get: () => undefined,
  update: () => Promise.resolve(),
  store: () => Promise.resolve(),
  delete: () => Promise.resolve(),
} as never;
const local = { backend: 'local', interpreter: '${workspaceFolder}/.venv/bin/python' };

describe('In a workspace of several folders', () => {
  let settings: Settings;

  beforeEach(() => {
    stub.reset();
    stub.folders = {
      '/work/one': { 'dask.profiles': { here: local, both: local } },
      '/work/two': {
        'dask.profiles': { there: local, both: { ...local, workers: 2 } },
        'dask.defaultProfile': 'there',
        'dask.python.interpreter': '${workspaceFolder}/python',
      },
    };
    settings = new Settings();
  });

  afterEach(() => {
    settings.dispose();
    stub.reset();
  });

  const interpreterOf = (profile: Profile): string | undefined => profile.interpreter;

  it('profiles, the default one, the interpreter and ${workspaceFolder} are of the folder that holds the file', () => {
    const [one, two] = ['/work/one/jobs/etl.py', '/work/two/etl.py'];
    assert.deepEqual([settings.defaultProfile(one), settings.defaultProfile(two)], ['local', 'there']);
    assert.equal(interpreterOf(settings.profile('both', one)), '/work/one/.venv/bin/python');
    assert.equal(interpreterOf(settings.profile('both', two)), '/work/two/.venv/bin/python');
    assert.throws(() => settings.profile('there', one), /there/);
    assert.deepEqual([settings.interpreter(one), settings.interpreter(two)], [undefined, '/work/two/python']);
    assert.deepEqual([...settings.profiles('/work/two').profiles.keys()], ['there', 'both', 'local']);
  });

  it('the file in front counts where there is no file, and for files of no folder; else the first folder', () => {
    assert.equal(settings.defaultProfile(), 'local');
    stub.front = '/work/two/a.py';
    assert.equal(settings.defaultProfile(), 'there');
    assert.equal(settings.defaultProfile('/elsewhere/b.py'), 'there');
    assert.equal(interpreterOf(settings.profile('both', '/elsewhere/b.py')), '/work/two/.venv/bin/python');
    stub.front = '/elsewhere/b.py';
    assert.equal(settings.defaultProfile('/elsewhere/b.py'), 'local');
  });

  it('a file is run with the default profile of its folder', async () => {
    const started: string[] = [];
    const start = (request: RunRequest): Promise<Run> => {
      started.push(request.profile);
      return Promise.resolve({ id: 'run' } as Run);
    };
    const parts = { settings, runs: { start }, follower: { follow: () => undefined }, boundary: {} };
    for (stub.front of ['/work/one/etl.py', '/work/two/etl.py']) {
      await runFile(parts as unknown as Parameters<typeof runFile>[0])();
    }
    assert.deepEqual(started, ['local', 'there']);
  });

  it('the Python extension is asked for the file, and its choice for the folder is taken', async () => {
    const asked: (string | undefined)[] = [];
    stub.extensions['ms-python.python'] = {
      environments: {
        getActiveEnvironmentPath: (resource?: { fsPath: string }) => {
          asked.push(resource?.fsPath);
          return { path: resource?.fsPath };
        },
        resolveEnvironment: ({ path }: { path: string }) =>
          Promise.resolve({ executable: { uri: { fsPath: `python of ${path}` } } }),
      },
    };
    const prompts = new InterpreterPrompts(
      settings,
      new SavedState({ global: nothing, workspace: nothing, secrets: nothing }),
      { run: () => Promise.resolve(undefined), show: () => Promise.resolve() },
      () => source,
    );
    const source: HostInterpreterSource = new HostInterpreterSource(
      {
        check: (executable) =>
          Promise.resolve({
            executable,
            version: '3.12.1',
            dask: '1',
            distributed: '1',
            bokeh: '1',
            cryptography: '1',
            numpy: '1',
          }),
        find: () => Promise.resolve(undefined),
        forget: () => undefined,
      },
      { ensure: () => Promise.resolve(''), installInto: () => Promise.resolve() },
      prompts,
      new RecordingLogger(),
    );
    const resolve = (scope?: string): Promise<string> =>
      source.resolve(settings.profile('local', scope), () => undefined, new AbortController().signal, scope);
    assert.equal(await resolve('/work/one/etl.py'), 'python of /work/one/etl.py');
    assert.equal(await resolve('/work/two/etl.py'), '/work/two/python');
    assert.equal(await activeInterpreter('/elsewhere/b.py'), 'python of /work/one');
    assert.deepEqual(asked, ['/work/one/etl.py', '/work/one']);
  });

  it('what is wrong is said of each folder, once, and Google Cloud is looked at for all of them', () => {
    const cloud = { backend: 'dataproc', project: 'my-project', region: 'europe-west1' };
    stub.folders['/work/one'] = { 'dask.profiles': { bad: { backend: 'local', workers: 0 }, cloud } };
    stub.folders['/work/two'] = { 'dask.profiles': { bad: { backend: 'local', workers: 0 }, worse: 3, cloud } };
    const said: string[] = [];
    const problems = new ProfileProblems(settings, {
      show: (_kind, text) => {
        said.push(text);
        return Promise.resolve();
      },
    });
    problems.check();
    problems.dispose();
    assert.match(said.join('\n'), /"bad".*There are 2 such problems\.$/);
    assert.deepEqual(
      settings.dataprocProfiles().map(({ name }) => name),
      ['cloud'],
    );
  });

  it('.env is the folder’s, or what python.envFile says there', () => {
    stub.folders['/work/two']!['python.envFile'] = '${workspaceFolder}/conf/dev.env';
    assert.equal(envFileOf('/work/one'), '/work/one/.env');
    assert.equal(envFileOf('/work/two'), '/work/two/conf/dev.env');
    stub.settings['python.envFile'] = '${workspaceFolder:two}/${env:HOME}.env';
    assert.equal(envFileOf('/work/one'), `/work/two/${process.env['HOME'] ?? ''}.env`.replace('//', '/'));
    stub.settings['python.envFile'] = 'dev.env';
    assert.equal(envFileOf('/work/one'), '/work/one/dev.env');
    stub.settings['python.envFile'] = '';
    assert.equal(envFileOf('/work/one'), undefined);
  });
});
