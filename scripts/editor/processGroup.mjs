// Servers that the scripts start: each in a process group of its own, ended as a whole.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exitAtSignals } from '../setup/exitAtSignals.mjs';
import { SetupError } from '../setup/setupError.mjs';

const windows = process.platform === 'win32';

/**
 * Starts a server, and waits until a line of its output matches `ready`.
 * @param {string} program
 * @param {string[]} args
 * @param {{name: string, ready: RegExp, log: string, env?: NodeJS.ProcessEnv, cwd?: string, timeoutSeconds?: number}} options
 *   `log`: file that keeps its output
 */
export async function startServer(program, args, { name, ready, log, env, cwd, timeoutSeconds = 60 }) {
  await mkdir(path.dirname(log), { recursive: true });
  // A group of its own also keeps the terminal's Ctrl-C from it: what it runs is ended in order first.
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
    windowsHide: true,
  });
  const file = createWriteStream(log);
  let text = '';
  const matched = Promise.withResolvers?.() ?? withResolvers();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes) => {
      file.write(bytes);
      text = (text + bytes).slice(-20_000);
      if (ready.test(text)) {
        matched.resolve(true);
      }
    });
  }
  const endWithUs = () => signalGroup(child.pid, 'SIGKILL');
  process.on('exit', endWithUs);
  exitAtSignals();
  child.on('exit', () => process.off('exit', endWithUs));
  child.on('error', (error) => matched.reject(error));
  child.on('exit', () => matched.resolve(false));
  const timer = setTimeout(() => matched.resolve(false), timeoutSeconds * 1000);
  const started = await matched.promise.finally(() => clearTimeout(timer));
  const server = {
    pid: child.pid,
    exited: child.exitCode === null ? once(child, 'exit') : Promise.resolve(),
    stop: () => stopGroup(child),
  };
  if (!started) {
    await server.stop();
    throw new SetupError(
      `${name} did not start:\n${text.trim().split('\n').slice(-15).join('\n')}\nIts output is in ${log}.`,
    );
  }
  return server;
}

/** SIGTERM to the whole group, SIGKILL to what is left of it after 5 s. */
async function stopGroup(child) {
  if (child.pid === undefined) {
    return;
  }
  if (windows) {
    const killer = spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' });
    await once(killer, 'exit');
    return;
  }
  for (const [signal, waitMs] of [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ]) {
    const until = performance.now() + waitMs;
    if (!signalGroup(child.pid, signal)) {
      return;
    }
    while (performance.now() < until) {
      await delay(50);
      if (!signalGroup(child.pid, 0)) {
        return;
      }
    }
  }
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Node 20 has no Promise.withResolvers. */
function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}
