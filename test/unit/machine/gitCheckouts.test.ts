import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCancelled, UserError } from '../../../src/core/errors';
import { GitCheckouts, problemOfRef, problemOfRepository } from '../../../src/machine/gitCheckouts';

const never = new AbortController().signal;

/** Real git, on repositories of this machine. */
describe('Checkouts of git repositories', function () {
  this.timeout(30_000);
  let folder: string;
  let repository: string;
  let checkouts: GitCheckouts;
  /** Commits of `main`, the oldest first. */
  let commits: string[];

  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

  async function commit(files: Record<string, string>): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(repository, name, '..'), { recursive: true });
      await writeFile(join(repository, name), text);
    }
    git('add', '-A');
    git('-c', 'user.name=n', '-c', 'user.email=n@example.com', '-c', 'commit.gpgsign=false', 'commit', '-qm', 'c');
    return git('rev-parse', 'HEAD');
  }

  const code = async (error: Promise<unknown>): Promise<string> => {
    try {
      await error;
    } catch (thrown) {
      assert.ok(thrown instanceof UserError, String(thrown));
      return thrown.code;
    }
    return 'none';
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dask-git-'));
    repository = join(folder, 'repository');
    await mkdir(repository);
    git('init', '-q', '-b', 'main');
    commits = [
      await commit({ 'jobs/etl.py': 'print(1)\n', 'README.md': 'r\n' }),
      await commit({ 'jobs/etl.py': 'print(2)\n' }),
    ];
    git('tag', 'v1', commits[0]!);
    git('branch', 'feature/x', commits[0]!);
    checkouts = new GitCheckouts(join(folder, 'storage'), () => 'git');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  for (const [what, ref, index] of [
    ['the default branch', () => '', 1],
    ['a branch', () => 'main', 1],
    ['a branch with a slash', () => 'feature/x', 0],
    ['a tag', () => 'v1', 0],
    ['a whole commit', () => commits[0]!, 0],
    ['the first digits of a commit', () => commits[0]!.slice(0, 9), 0],
  ] as const) {
    it(`are of ${what}`, async () => {
      const origin = await checkouts.fetch({ repository, ref: ref() }, never);
      assert.deepEqual({ ...origin, folder: '' }, { repository, ref: ref(), commit: commits[index], folder: '' });
      assert.equal(await readFile(join(origin.folder, 'jobs/etl.py'), 'utf8'), `print(${index + 1})\n`);
      assert.deepEqual(await checkouts.pythonFiles(origin.folder, never), ['jobs/etl.py']);
    });
  }

  it('stay as they are while the branch goes on, and follow it when it is asked for again', async () => {
    const before = await checkouts.fetch({ repository, ref: 'main' }, never);
    const third = await commit({ 'jobs/etl.py': 'print(3)\n' });
    const after = await checkouts.fetch({ repository, ref: 'main' }, never);
    assert.equal(after.commit, third);
    assert.equal(await readFile(join(before.folder, 'jobs/etl.py'), 'utf8'), 'print(2)\n');
    assert.equal(await readFile(join(after.folder, 'jobs/etl.py'), 'utf8'), 'print(3)\n');
  });

  it('need no repository for a commit that is here, and keep what a run has written beside it', async () => {
    const { folder: here } = await checkouts.fetch({ repository, ref: 'main' }, never);
    await writeFile(join(here, 'result.csv'), '1\n');
    await rename(repository, `${repository}-away`);
    const again = await checkouts.fetch({ repository, ref: commits[1]! }, never);
    assert.equal(again.folder, here);
    assert.equal(await readFile(join(here, 'result.csv'), 'utf8'), '1\n');
  });

  it('are made once when two ask at the same time, and leave nothing half made', async () => {
    const [one, two] = await Promise.all([1, 2].map(() => checkouts.fetch({ repository, ref: 'main' }, never)));
    assert.deepEqual(one, two);
    assert.deepEqual(await readdir(join(one!.folder, '..')), [commits[1]]);
  });

  it('hold submodules, also with an address that is relative to the repository', async () => {
    const outer = join(folder, 'outer');
    const inner = repository;
    repository = outer;
    await mkdir(outer);
    git('init', '-q', '-b', 'main');
    git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', inner, 'lib');
    await writeFile(join(outer, '.gitmodules'), '[submodule "lib"]\n\tpath = lib\n\turl = ../repository\n');
    await commit({ 'main.py': '' });
    // What git needs for repositories of this machine alone.
    const variables = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'protocol.file.allow', GIT_CONFIG_VALUE_0: 'always' };
    Object.assign(process.env, variables);
    try {
      const origin = await checkouts.fetch({ repository, ref: 'main' }, never);
      assert.equal(await readFile(join(origin.folder, 'lib/jobs/etl.py'), 'utf8'), 'print(2)\n');
    } finally {
      for (const name of Object.keys(variables)) {
        Reflect.deleteProperty(process.env, name);
      }
    }
  });

  it('tell where the workspace comes from', async () => {
    assert.equal(await checkouts.remoteOf(repository, never), undefined);
    assert.equal(await checkouts.remoteOf(folder, never), undefined);
    git('remote', 'add', 'origin', 'https://git.example.com/jobs.git');
    assert.equal(await checkouts.remoteOf(repository, never), 'https://git.example.com/jobs.git');
  });

  it('say why they cannot be had, and leave nothing', async () => {
    const fetch = (ref: string, from = repository): Promise<unknown> =>
      checkouts.fetch({ repository: from, ref }, never);
    assert.equal(await code(fetch('nowhere')), 'gitReferenceUnknown');
    assert.equal(await code(fetch('0123456789')), 'gitReferenceUnknown');
    assert.equal(await code(fetch('0'.repeat(40))), 'gitReferenceUnknown');
    assert.equal(await code(fetch('main', join(folder, 'none'))), 'gitRepositoryUnknown');
    assert.equal(await code(fetch('main', 'http://127.0.0.1:9/jobs.git')), 'gitUnreachable');
    assert.equal(await code(fetch('--upload-pack=touch x')), 'gitReferenceInvalid');
    assert.equal(await code(fetch('main', 'https://me:secret@git.example.com/jobs.git')), 'gitReferenceInvalid');
    const missing = new GitCheckouts(join(folder, 'storage'), () => join(folder, 'no-git'));
    assert.equal(await code(missing.fetch({ repository, ref: 'main' }, never)), 'gitMissing');
    await writeFile(join(folder, 'file'), '');
    const nowhere = new GitCheckouts(join(folder, 'file'), () => 'git');
    await assert.rejects(nowhere.fetch({ repository, ref: 'main' }, never));
    for (const name of await readdir(join(folder, 'storage/checkouts'))) {
      assert.deepEqual(await readdir(join(folder, 'storage/checkouts', name)), []);
    }
  });

  describe('on a server', () => {
    let server: Server;
    let answer: number | undefined;
    let asked: () => void;
    const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs.git`;

    beforeEach(async () => {
      asked = () => undefined;
      server = createServer((_request, response) => {
        asked();
        if (answer !== undefined) {
          response.writeHead(answer, { 'WWW-Authenticate': 'Basic realm="jobs"' }).end();
        }
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    it('that wants a password nobody is asked, and it is said', async () => {
      answer = 401;
      assert.equal(await code(checkouts.fetch({ repository: url(), ref: 'main' }, never)), 'gitNotAllowed');
    });

    it('that does not answer they are given up, with nothing left', async () => {
      answer = undefined;
      const stop = new AbortController();
      asked = () => stop.abort();
      await assert.rejects(checkouts.fetch({ repository: url(), ref: 'main' }, stop.signal), isCancelled);
      const [parent = ''] = await readdir(join(folder, 'storage/checkouts'));
      assert.ok(!existsSync(join(folder, 'storage/checkouts', parent, 'x')));
      assert.deepEqual(await readdir(join(folder, 'storage/checkouts', parent)), []);
    });
  });

  it('know addresses and names that git does not take', () => {
    for (const good of [
      'https://git.example.com/a.git',
      'git@git.example.com:team/a.git',
      '/srv/a',
      'C:\\a',
      'ssh://git@h/a',
    ]) {
      assert.equal(problemOfRepository(good), undefined, good);
    }
    for (const bad of ['', ' ', '-x', '../a', '.', 'https://me:secret@git.example.com/a.git']) {
      assert.notEqual(problemOfRepository(bad), undefined, bad);
    }
    for (const good of ['', 'main', 'feature/x', 'v1.0', 'refs/heads/main', '0123abc']) {
      assert.equal(problemOfRef(good), undefined, good);
    }
    for (const bad of [
      '-x',
      '/a',
      '.a',
      'a b',
      'a..b',
      'a~1',
      'a^',
      'a:b',
      'a?',
      'a*',
      'a[',
      'a\\b',
      'a@{1}',
      'a/',
      'a.',
      'a.lock',
    ]) {
      assert.notEqual(problemOfRef(bad), undefined, bad);
    }
  });
});
