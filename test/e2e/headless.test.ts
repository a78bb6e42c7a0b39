import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endClusters, storageFolder } from '../../scripts/editor/endClusters.mjs';
import { settings, until } from '../host/windows/product';

interface Started {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** `npm start -- --headless FILE [args…]`, as a terminal or a script has it. */
describe('a run without a window', () => {
  let home: string;
  let work: string;
  let last: Started | undefined;

  before(() => {
    home = mkdtempSync(path.join(tmpdir(), 'dask-headless-test-'));
    work = path.join(home, 'work');
    const user = path.join(home, 'user-data', 'User');
    mkdirSync(work);
    mkdirSync(path.join(home, 'tmp'));
    mkdirSync(user, { recursive: true });
    writeFileSync(path.join(user, 'settings.json'), JSON.stringify(settings));
  });
  after(async () => {
    await endClusters(storageFolder(path.join(home, 'user-data')));
    const left = processesOf(home);
    rmSync(home, { recursive: true, force: true });
    assert.deepEqual(left, []);
  });
  afterEach(async () => {
    // One that its test has given up ends here, with all that it has begun.
    last?.child.kill('SIGINT');
    await last?.ended;
    // What the next run is forked from stays for ten minutes.
    assert.deepEqual(
      processesOf(home).filter((line) => !/__main__\.py (zygote|worker-base) /.test(line)),
      [],
    );
  });

  it('prints the output as it comes, and passes arguments', async () => {
    const gate = path.join(work, 'go on');
    const run = start(
      'prints.py',
      `
import os, sys, time
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print(sys.argv[2:], client.submit(abs, -1).result())
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.05)
    print("the end")
`,
      [gate, 'two words', '--flag'],
    );
    await until('the first line', () => run.stdout().includes('\n'), 90);
    assert.equal(run.stdout(), "['two words', '--flag'] 1\n");
    writeFileSync(gate, '');
    assert.deepEqual(await run.ended, { code: 0, signal: null });
    assert.equal(run.stdout(), "['two words', '--flag'] 1\nthe end\n");
  });

  it('ends with the exit code of the script', async () => {
    const run = start('exits.py', 'import sys\nprint("before")\nsys.exit(3)\n');
    assert.deepEqual(await run.ended, { code: 3, signal: null });
    assert.equal(run.stdout(), 'before\n');
  });

  it('ends with 1 and a traceback when the script raises', async () => {
    const run = start('raises.py', 'raise RuntimeError("no such luck")\n');
    assert.deepEqual(await run.ended, { code: 1, signal: null });
    assert.match(run.stdout(), /Traceback[^]*raises\.py", line 1[^]*RuntimeError: no such luck\n$/);
  });

  it('cancels the run at Ctrl-C, and leaves nothing', async () => {
    const run = start('waits.py', 'import time\nprint("waiting")\ntime.sleep(600)\n');
    await until('the run', () => run.stdout() === 'waiting\n', 90);
    run.child.kill('SIGINT');
    assert.deepEqual(await run.ended, { code: 130, signal: null });
    assert.match(run.stderr(), /Cancelling\./);
  });

  it('ends at Ctrl-C before there is a run', async () => {
    const run = start('never.py', 'print("never")\n');
    await until('the editor', () => processesOf(home).some((line) => line.includes('--user-data-dir')), 60);
    run.child.kill('SIGINT');
    assert.deepEqual(await run.ended, { code: 130, signal: null });
    assert.equal(run.stdout(), '');
  });

  it('says which file is not there', async () => {
    const run = start(path.join(work, 'nowhere.py'));
    assert.deepEqual(await run.ended, { code: 2, signal: null });
    assert.equal(run.stderr(), `${path.join(work, 'nowhere.py')} does not exist.\n`);
  });

  /** Writes the script where there is a text, and runs it. */
  function start(name: string, text?: string, args: readonly string[] = []): Started {
    const file = path.join(work, path.basename(name));
    if (text !== undefined) {
      writeFileSync(file, text);
    }
    const child = spawn(process.execPath, ['scripts/start.mjs', '--headless', file, ...args], {
      // Its folders of a while are in `home` too: by them each process that it leaves is found.
      env: { ...process.env, DASK_TEST_HOME: home, TMPDIR: path.join(home, 'tmp') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (texts.stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (texts.stderr += part));
    const ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
    }));
    last = { child, stdout: () => texts.stdout, stderr: () => texts.stderr, ended };
    return last;
  }
});

/** All processes that have a folder in their command line: editor, browser, cluster, supervisor, driver. */
function processesOf(folder: string): string[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return list
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => line.slice(0, 200));
}
