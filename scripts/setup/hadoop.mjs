// YARN's daemons and Hadoop's client classes from Maven, as test/yarn/pom.xml pins them.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, run } from './command.mjs';
import { ensureJava, ensureMaven } from './java.mjs';
import { withLock } from './lock.mjs';
import { cache, root } from './paths.mjs';
import { SetupError } from './setupError.mjs';

const pom = path.join(root, 'test', 'yarn', 'pom.xml');

/** @returns {Promise<{java: string, jars: string}>} absolute path of Java, and of a folder that holds Hadoop's jars */
export async function ensureHadoop() {
  const java = await ensureJava();
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex');
  const jars = path.join(cache, 'hadoop', hash.slice(0, 12));
  if (existsSync(jars)) {
    return { java, jars };
  }
  const maven = await ensureMaven();
  await withLock(path.join(cache, 'setup.lock'), async () => {
    if (!existsSync(jars)) {
      await fetchJars(maven, java, jars);
    }
  });
  return { java, jars };
}

/** The folder appears complete. Maven's own settings say where from. */
async function fetchJars(maven, java, jars) {
  console.log('Fetching Hadoop with Maven');
  const unfinished = `${jars}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const args = ['--batch-mode', '--quiet', '--file', pom, 'dependency:copy-dependencies'];
  const result = await run(maven, [...args, '-DincludeScope=runtime', `-DoutputDirectory=${unfinished}`], {
    env: { ...process.env, JAVA_HOME: path.dirname(path.dirname(java)) },
  });
  if (result.code !== 0) {
    throw new SetupError(
      `Fetching Hadoop failed: mvn ${args.join(' ')}\n${lastLines(result)}\n` +
        'Check that Maven reaches its repository (its settings.xml says which), then start again.',
    );
  }
  await rename(unfinished, jars);
}
