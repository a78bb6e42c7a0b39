import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../host/support/freePort';
import { required } from '../host/support/editor';

/** A scheduler as `dask scheduler` starts it. */
export async function startScheduler(): Promise<{ address: string; httpUrl: string; stop: () => Promise<void> }> {
  const [port, http] = [await freePort(), await freePort()];
  const args = ['--host', '127.0.0.1', '--port', String(port), '--dashboard-address', `127.0.0.1:${http}`];
  const child = spawn(required('DASK_TEST_PYTHON'), ['-m', 'dask', 'scheduler', ...args], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const httpUrl = `http://127.0.0.1:${http}`;
  for (const end = Date.now() + 30_000; ;) {
    const answer = await fetch(`${httpUrl}/health`).catch(() => undefined);
    if (answer?.ok === true) {
      break;
    }
    if (Date.now() > end) {
      throw new Error('The scheduler does not answer');
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    address: `tcp://127.0.0.1:${port}`,
    httpUrl,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
