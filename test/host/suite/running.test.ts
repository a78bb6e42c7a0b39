import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { daskApi, outcome, outputHas, runByCommand, runToEnd, script, setting, until, useProfiles } from './product';

const sum = `
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print("sum", client.submit(sum, [1, 2, 3]).result())
`;

describe('a run', () => {
  before(() => useProfiles());

  it('of the futures example succeeds, and its cluster is gone at the end', async () => {
    const example = script('futures.py', readFileSync(path.resolve(__dirname, '../../../examples/futures.py'), 'utf8'));
    const { run, result, text } = await runToEnd(example);
    assert.match(text, /^Workers: 1\n/);
    assert.match(text, /After 16,000,000 darts: pi is about 3\.14/);
    assert.deepEqual({ state: result.state, exitCode: result.exitCode }, { state: 'succeeded', exitCode: 0 });
    const record = await run.ended;
    assert.ok(record.released);
    const clusters = await (await daskApi()).clusters();
    const own = clusters.find((cluster) => cluster.id === run.clusterId);
    assert.ok(own === undefined || own.state === 'closed', `The cluster is ${own?.state ?? ''}`);
  });

  it('started by the command of the right click does the same', async () => {
    const { result, text } = await outcome(await runByCommand(script('sum.py', sum)));
    assert.equal(text, 'sum 6\n');
    assert.equal(result.exitCode, 0);
  });

  it('leaves its output and a performance report in its folder', async () => {
    const { run } = await runToEnd(script('sum.py', sum));
    const record = await run.ended;
    assert.equal(readFileSync(path.join(record.folder, 'output.log'), 'utf8'), 'sum 6\n');
    assert.ok(record.report !== undefined && existsSync(record.report), 'There is no report');
  });

  it('hands over arguments and environment', async () => {
    const file = script('echo.py', 'import os, sys\nprint(sys.argv[1:], os.environ["COLOUR"])\n');
    const { text } = await runToEnd(file, { args: ['a b', '"q"', ''], env: { COLOUR: 'blau' } });
    assert.equal(text, `['a b', '"q"', ''] blau\n`);
  });

  it('has each line of a task marked by its worker where the setting says so', async () => {
    const file = script(
      'marked.py',
      'from dask.distributed import Client\n\n\ndef task():\n    print("of a task")\n\n\n' +
        'if __name__ == "__main__":\n    client = Client()\n    client.submit(task).result()\n    print("of the script")\n',
    );
    await setting('dask.output.markWorkers', true);
    const { text } = await runToEnd(file);
    assert.equal(text, 'worker-0 | of a task\nof the script\n');
    await setting('dask.output.markWorkers', undefined);
    assert.equal((await runToEnd(file)).text, 'of a task\nof the script\n');
  });

  it('passes the exit code on', async () => {
    const { result } = await runToEnd(script('three.py', 'import sys\nsys.exit(3)\n'));
    assert.deepEqual({ state: result.state, exitCode: result.exitCode }, { state: 'failed', exitCode: 3 });
  });

  it('that raises has a Problems entry at the line of the script', async () => {
    const file = script('raises.py', 'print("before")\n\n\ndef f():\n    return 1 / 0\n\n\nf()\n');
    const { result, text } = await outcome(await runByCommand(file));
    assert.equal(result.state, 'failed');
    assert.match(text, /^before\n/);
    assert.match(result.error?.message ?? '', /ZeroDivisionError/);
    const [problem] = await until('the Problems entry', () => {
      const all = vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'Dask');
      return all.length > 0 ? all : undefined;
    });
    assert.equal(problem?.range.start.line, 4);
    assert.match(problem.message, /ZeroDivisionError/);
  });

  it('with a syntax error has a Problems entry too', async () => {
    const file = script('syntax.py', 'x = 1\ny = = 2\n');
    const { result } = await outcome(await runByCommand(file));
    assert.equal(result.state, 'failed');
    const problems = await until('the Problems entry', () => {
      const all = vscode.languages.getDiagnostics(file).filter(({ source }) => source === 'Dask');
      return all.length > 0 ? all : undefined;
    });
    assert.equal(problems[0]?.range.start.line, 1);
  });

  it('reads an empty stdin', async () => {
    const { text } = await runToEnd(script('stdin.py', 'import sys\nprint(repr(sys.stdin.read()))\n'));
    assert.equal(text, "''\n");
  });

  it('that asks for input says that there is none, and what to do', async () => {
    const { result, text } = await runToEnd(script('asks.py', 'name = input("Name: ")\nprint(name)\n'));
    assert.deepEqual({ state: result.state, exitCode: result.exitCode }, { state: 'failed', exitCode: 1 });
    assert.match(text, /^Name: /);
    const message = result.error?.message ?? '';
    assert.match(message, /EOFError/);
    assert.match(
      message,
      /reads from standard input, which a run does not have\. Pass values as arguments, by “Run on Dask with Options”\./,
    );
    assert.equal(result.error?.location?.line, 1);
  });

  it('takes a path with spaces, quotes and unicode', async () => {
    const { text, result } = await runToEnd(
      script(`o'dd "näme"/пример 1.py`, 'import os\nprint(os.getcwd())\nprint(__file__)\n'),
    );
    assert.equal(result.exitCode, 0);
    assert.match(text, /o'dd "näme"\n.*пример 1\.py\n$/);
  });

  it('takes a file outside the workspace', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dask-outside-'));
    const { text } = await runToEnd(script(path.join(folder, 'out.py'), 'print("outside")\n'));
    assert.equal(text, 'outside\n');
  });

  it('saves a changed file first', async () => {
    const file = script('dirty.py', 'print("old")\n');
    const document = await vscode.workspace.openTextDocument(file);
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.replace(new vscode.Range(0, 0, 1, 0), 'print("new")\n'));
    assert.ok(document.isDirty);
    const { text } = await outcome(await runByCommand(file));
    assert.equal(text, 'new\n');
    assert.ok(!document.isDirty);
  });

  it('is cancelled, keeps its output, and leaves no cluster', async () => {
    const run = await (await daskApi()).runFile(script('sleeps.py', 'import time\nprint("begun")\ntime.sleep(600)\n'));
    await outputHas(run, /begun/);
    await run.cancel();
    const { result, text } = await outcome(run);
    assert.equal(result.state, 'cancelled');
    assert.match(text, /^begun\n/);
    assert.ok((await run.ended).released);
  });

  it('is cancelled while its cluster starts', async () => {
    const run = await (await daskApi()).runFile(script('never.py', 'print("never")\n'));
    await run.cancel();
    const { result, text } = await outcome(run);
    assert.equal(result.state, 'cancelled');
    assert.equal(text, '');
  });

  it('is run again with the same arguments', async () => {
    const api = await daskApi();
    const first = await runToEnd(script('again.py', 'import sys\nprint(sys.argv[1:])\n'), { args: ['x'] });
    const before = new Set(api.runs().map(({ id }) => id));
    await vscode.commands.executeCommand('dask.run.rerun', { runId: first.run.id });
    const second = await until('the second run', () => api.runs().find(({ id }) => !before.has(id)));
    assert.equal((await outcome(second)).text, "['x']\n");
  });

  it('does not disturb another that goes on at the same time', async () => {
    const slow = (name: string): string =>
      `import time\nfor i in range(5):\n    print("${name}", i)\n    time.sleep(0.1)\n`;
    const [a, b] = await Promise.all([runToEnd(script('a.py', slow('a'))), runToEnd(script('b.py', slow('b')))]);
    assert.equal(a.text, 'a 0\na 1\na 2\na 3\na 4\n');
    assert.equal(b.text, 'b 0\nb 1\nb 2\nb 3\nb 4\n');
    assert.notEqual(a.run.clusterId, b.run.clusterId);
  });

  it('gives out text whose characters are whole, and the bytes on disk as they are', async () => {
    const text =
      'import sys\nfor part in (b"\\xe2", b"\\x82", b"\\xac", b"\\xff\\n"):\n    sys.stdout.buffer.write(part)\n    sys.stdout.flush()\n';
    const { run, text: output } = await runToEnd(script('bytes.py', text));
    assert.equal(output, '€\ufffd\n');
    const bytes = readFileSync(path.join((await run.ended).folder, 'output.log'));
    assert.deepEqual([...bytes], [0xe2, 0x82, 0xac, 0xff, 0x0a]);
  });
});
