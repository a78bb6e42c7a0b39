import assert from 'node:assert/strict';
import { isCancelled } from '../../../src/core/errors';
import { runCommand } from '../../../src/machine/command';
import { pidStartOf } from '../../../src/machine/processes';

/** Prints the pid of a child that holds the same pipes, and waits. */
const withChild = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  console.log(child.pid);`;

describe('runCommand', function () {
  this.timeout(20_000);

  const gone = async (pid: number): Promise<void> => {
    while ((await pidStartOf(pid)) !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('ends what the command has started, when it is aborted', async () => {
    const abort = new AbortController();
    let grandchild = 0;
    const onLine = (line: string): void => {
      grandchild = Number(line);
      abort.abort();
    };
    const script = `${withChild} setInterval(() => {}, 1000);`;
    await assert.rejects(runCommand(process.execPath, ['-e', script], { signal: abort.signal, onLine }), isCancelled);
    assert.ok(grandchild > 0);
    await gone(grandchild);
  });

  it('ends it also when the command itself has ended, and its child holds the pipes', async () => {
    let grandchild = 0;
    const script = `${withChild} child.unref();`;
    const result = await runCommand(process.execPath, ['-e', script], {
      timeoutMilliseconds: 1500,
      onLine: (line) => (grandchild = Number(line)),
    });
    assert.equal(result.exitCode, 0);
    await gone(grandchild);
  });

  it('collects both streams and the exit code', async () => {
    const script = `process.stdout.write('a\\nb'); process.stderr.write('c'); process.exitCode = 3;`;
    const lines: string[] = [];
    const result = await runCommand(process.execPath, ['-e', script], { onLine: (line) => lines.push(line) });
    assert.deepEqual(result, { exitCode: 3, stdout: 'a\nb', stderr: 'c' });
    assert.deepEqual(lines.sort(), ['a', 'b', 'c']);
  });
});
