import assert from 'node:assert/strict';
import { link, readFile, symlink } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { writeArchive } from '../../../../src/dataproc/packaging/writeArchive';
import { paths, Project, userError, writeFiles } from './project';

const canary = 'canary-7f3d9c';
const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA${canary.replaceAll('-', '')}\n-----END RSA PRIVATE KEY-----\n`;
const key = { private_key: pem, canary };

/** Everything that an archive gives away, unpacked. */
async function shipped(project: Project, globs: readonly string[]): Promise<{ text: string; refused: string[] }> {
  const plan = await project.plan('run.py', { globs });
  const archive = await writeArchive(plan, project.outer);
  const bytes = await readFile(archive.path);
  const entries = Object.entries(unzipSync(bytes)).map(
    ([name, content]) => name + Buffer.from(content).toString('latin1'),
  );
  return { text: entries.join('\n') + bytes.toString('latin1'), refused: plan.refused.map(({ path }) => path) };
}

const byName = [
  ...['.env', '.env.local', '.envrc', 'conf/.env.production', 'tls.pem', 'tls.key', 'TLS.KEY', 'id_rsa', 'id_rsa.bak'],
  ...['id_ed25519', 'cert.p12', 'store.jks', 'cert.pfx', 'credentials.json', 'credentials-prod.json', '.netrc'],
  ...['application_default_credentials.json', 'service-account.json', 'service-account-etl.json', '.pypirc', '.npmrc'],
  ...['service_account.json', 'client_secret_1.json', '.aws/config', '.ssh/config', '.gnupg/ring', '.git/config'],
  ...['home/.aws/credentials', 'venv/lib/x.txt', 'env2/x.txt', 'conda/x.txt', 'lib/site-packages/x.txt'],
  ...['.venv/x.txt', 'node_modules/x.txt', '.git-credentials', '.kube/config'],
];

const byContent: Record<string, string | Buffer> = {
  'sa.json': JSON.stringify(key),
  'sa2.json': JSON.stringify({ deep: [key] }, undefined, 2),
  'sa.JSON.txt': JSON.stringify(key),
  'windows.json': Buffer.from(`\uFEFF${JSON.stringify(key)}`, 'utf16le'),
  'adc.json': JSON.stringify({ client_secret: canary, refresh_token: canary, type: 'authorized_user' }),
  'notes.txt': `see\n${pem}`,
  'openssh.txt': pem.replaceAll('RSA', 'OPENSSH').replaceAll('\n', '\r\n'),
  'embedded.py': `canary = "${canary}"\nkey = """${pem}"""`,
  'escaped.py': `canary = "${canary}"\nkey = ${JSON.stringify(pem)}`,
};

describe('secrets', () => {
  it('are not packed by name, even by patterns that name them, and the receipt says so', () =>
    Project.with(
      { 'run.py': '', 'venv/pyvenv.cfg': '', 'env2/pyvenv.cfg': '', 'conda/conda-meta/h': '', '.venv/pyvenv.cfg': '' },
      async (project) => {
        await writeFiles(project.root, Object.fromEntries(byName.map((path) => [path, canary])));
        const { text, refused } = await shipped(project, ['**/*', '**/.*', '**/.*/**', ...byName]);
        assert.ok(!text.includes(canary));
        for (const path of byName) {
          assert.ok(refused.includes(path), path);
        }
      },
    ));

  it('are not packed by content, and not when they are imported', () =>
    Project.with({ 'run.py': 'import embedded, escaped, lib.token', 'lib/token.py': '' }, async (project) => {
      await writeFiles(project.root, byContent);
      const { text, refused } = await shipped(project, ['**/*']);
      assert.ok(!text.includes(canary) && !text.includes(canary.replaceAll('-', '')));
      assert.deepEqual(refused, Object.keys(byContent).sort());
      assert.ok(text.includes('lib/token.py'));
    }));

  it('are not packed through links, within the workspace or out of it', () =>
    Project.with({ 'run.py': 'import config', '.env': canary, '.ssh/known': canary }, async (project) => {
      await writeFiles(project.outer, { 'secret/x.txt': canary, 'secret/config.py': `x = "${canary}"` });
      await symlink('.env', project.path('settings.txt'));
      await symlink('settings.txt', project.path('twice.txt'));
      await symlink('.ssh', project.path('folder'));
      await symlink('run.py', project.path('named.key'));
      await symlink('../secret', project.path('outside'));
      await symlink('../secret/config.py', project.path('config.py'));
      const { text, refused } = await shipped(project, ['**/*', 'folder', 'folder/known', 'outside/x.txt', 'outside']);
      assert.ok(!text.includes(canary));
      assert.deepEqual(refused, [
        ...[
          'config.py',
          'folder',
          'folder/known',
          'named.key',
          'outside',
          'outside/x.txt',
          'settings.txt',
          'twice.txt',
        ],
      ]);
    }));

  it('are known by content where a hard link gives them another name', () =>
    Project.with({ 'run.py': '', 'tls.pem': pem }, async (project) => {
      await link(project.path('tls.pem'), project.path('harmless.txt'));
      assert.deepEqual((await shipped(project, ['*'])).refused, ['harmless.txt', 'tls.pem']);
    }));

  it('are not the file that is run', () =>
    Project.with(
      { '.venv/pyvenv.cfg': '', '.venv/bin/run.py': '', 'key.py': byContent['escaped.py']! },
      async (project) => {
        await assert.rejects(project.plan('.venv/bin/run.py'), userError('targetRefused', 'environment'));
        await assert.rejects(project.plan('key.py'), userError('targetRefused', 'private key'));
      },
    ));

  it('are told from code and data that only speak of them', () =>
    Project.with(
      {
        'run.py': 'import keys, credentials, environment',
        'keys.py':
          'def f(d):\n  return {"private_key": d["private_key"]} if "-----BEGIN PRIVATE KEY-----" in d else None',
        'credentials.py': '',
        'environment.py': '',
        'public.txt': '-----BEGIN PUBLIC KEY-----\nMIIEowIBAAKCAQEAMIIEowIBAAKCAQEA\n-----END PUBLIC KEY-----',
        'data.json': '{"token": 1, "keys": []}',
      },
      async (project) => {
        const plan = await project.plan('run.py', { globs: ['*'] });
        assert.deepEqual(paths(plan), [
          'credentials.py',
          'data.json',
          'environment.py',
          'keys.py',
          'public.txt',
          'run.py',
        ]);
        assert.deepEqual(plan.refused, []);
      },
    ));
});
