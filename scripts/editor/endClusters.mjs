// Ends what the extension has left running in an editor's storage: runs are cancelled, clusters shut down.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isSameProcess, kill } from './processIdentity.mjs';

/** The extension's storage folder below an editor's user data. */
export function storageFolder(userData) {
  return path.join(userData, 'User', 'globalStorage', 'daskexplorer.dask-cluster-explorer');
}

/**
 * @param {string} storage see {@link storageFolder}
 * @returns {Promise<{runs: number, clusters: number}>} how many were ended; a run that is over is none of them where its
 *   process ends by itself, which takes a moment after its last word
 */
export async function endClusters(storage, timeoutSeconds = 20) {
  const all = await live(path.join(storage, 'runs'), 'status.json');
  await ended(
    all.filter(({ content }) => content.released),
    timeoutSeconds,
  );
  const runs = alive(all);
  for (const { folder, content } of runs) {
    await writeFile(path.join(folder, 'cancel'), '');
    kill(content.pid, 'SIGTERM');
  }
  await gone(runs, timeoutSeconds);

  const clusters = await live(path.join(storage, 'clusters'), 'state.json');
  for (const { content } of clusters) {
    const asked = await shutDown(content.httpUrl);
    if (!asked) {
      kill(content.pid, 'SIGTERM');
    }
  }
  await gone(clusters, timeoutSeconds);

  const zygotes = await live(path.join(storage, 'zygotes'), 'state.json');
  for (const { content } of zygotes) {
    kill(content.pid, 'SIGTERM');
  }
  await gone(zygotes, timeoutSeconds);
  return { runs: runs.length, clusters: clusters.length };
}

/** What runs there now: entries whose process is alive. */
export async function live(parent, file) {
  const names = await readdir(parent).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => {
      const folder = path.join(parent, name);
      const content = await readFile(path.join(folder, file), 'utf8').then(JSON.parse, () => undefined);
      return { folder, content };
    }),
  );
  return alive(entries.filter(({ content }) => content !== undefined));
}

async function shutDown(httpUrl) {
  try {
    const answer = await fetch(`${httpUrl}/dask-runner/shutdown`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'VS Code was closed.' }),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(5_000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}

/** Waits for processes to end; ends them the hard way when they take too long. */
async function gone(entries, timeoutSeconds) {
  await ended(entries, timeoutSeconds);
  for (const { content } of alive(entries)) {
    kill(-content.pid, 'SIGKILL');
  }
}

async function ended(entries, timeoutSeconds) {
  const until = performance.now() + timeoutSeconds * 1000;
  while (alive(entries).length > 0 && performance.now() < until) {
    await delay(50);
  }
}

function alive(entries) {
  return entries.filter(({ content }) => isSameProcess(content.pid, content.pidStart));
}
