import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { storageFolder } from '../../scripts/editor/endClusters.mjs';

const script = `import sys

from dask.distributed import Client

from beside import twice

if __name__ == "__main__":
    with Client() as client:
        client.wait_for_workers(2)
        print(sys.argv[1:], len(client.scheduler_info()["workers"]), client.submit(twice, 21).result())
    print("to stderr", file=sys.stderr)
    sys.exit(3)
`;

/** `npm start -- --cloud emulator --headless FILE [args…]`, as a terminal or a script has it. */
describe('a run on an emulated Google Cloud without a window', () => {
  let home: string;

  before(() => {
    home = mkdtempSync(path.join(tmpdir(), 'dask-cloud-headless-'));
    mkdirSync(path.join(home, 'work'));
    mkdirSync(path.join(home, 'tmp'));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('prints the output, ends with the exit code of the script, and leaves no cluster and no process', async () => {
    const file = path.join(home, 'work', 'exits.py');
    writeFileSync(file, script);
    writeFileSync(path.join(home, 'work', 'beside.py'), 'def twice(number):\n    return 2 * number\n');
    const words = ['--cloud', 'emulator', '--headless', file, 'two words', '--flag'];
    const child = spawn(process.execPath, ['scripts/start.mjs', ...words], {
      // Its folders of a while are in `home` too: by them each process that it leaves is found.
      env: { ...process.env, DASK_TEST_HOME: home, TMPDIR: path.join(home, 'tmp') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (part: string) => (texts.stdout += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (texts.stderr += part));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.deepEqual({ code, signal }, { code: 3, signal: null }, texts.stderr);
    assert.equal(texts.stdout, "['two words', '--flag'] 2 42\nto stderr\n");
    assert.match(texts.stderr, /\[Starting the cluster: .*\]\n/);
    const records = path.join(storageFolder(path.join(home, 'user-data')), 'dataproc');
    const ends = readdirSync(records).map((id) => {
      const record = JSON.parse(readFileSync(path.join(records, id, 'cluster.json'), 'utf8')) as Record<
        string,
        unknown
      >;
      return [typeof record['uuid'], typeof record['endedAt'], record['endReason']];
    });
    // Written once Google has said that it is gone.
    assert.deepEqual(ends, [['string', 'string', 'The run of exits.py ended.']]);
    assert.deepEqual(processesOf(home), []);
  });
});

function processesOf(folder: string): string[] {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return list.split('\n').filter((line) => line.includes(folder));
}
