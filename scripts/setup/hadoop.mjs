// YARN's daemons and Hadoop's client classes from Maven, as test/yarn/pom.xml pins them.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { lastLines, run } from './command.mjs';
import { ensureJava, ensureMaven, newestJava } from './java.mjs';
import { withLock } from './lock.mjs';
import { cache, root } from './paths.mjs';
import { SetupError } from './setupError.mjs';

const pom = path.join(root, 'test', 'yarn', 'pom.xml');

/** Others than the one in the pom: those of Dataproc's image 3.0, and of the newest before it. Each on the newest Java here. */
const others = ['3.5.0', '3.4.3'];

/** @returns {Promise<{version: string, java: string, jars: string}[]>} */
export async function ensureOtherHadoops() {
  const java = await newestJava();
  const found = [];
  for (const version of others) {
    found.push({ version, java, jars: (await ensureHadoop(version)).jars });
  }
  return found;
}

/**
 * @param {string} [version] default: the pom's
 * @returns {Promise<{java: string, jars: string}>} absolute path of Java, and of a folder that holds Hadoop's jars
 */
export async function ensureHadoop(version) {
  const java = await ensureJava();
  const hash = createHash('sha256')
    .update(await readFile(pom))
    .update(version ?? '')
    .digest('hex');
  const jars = path.join(cache, 'hadoop', hash.slice(0, 12));
  if (existsSync(jars)) {
    return { java, jars };
  }
  const maven = await ensureMaven();
  // A lock of its own: it takes its time, and other parts of the set-up need not wait for it.
  await withLock(path.join(cache, 'hadoop.lock'), async () => {
    if (!existsSync(jars)) {
      await fetchJars(maven, java, jars, version);
    }
  });
  return { java, jars };
}

/** The folder appears complete. Maven's own settings say where from. */
async function fetchJars(maven, java, jars, version) {
  console.log(`Fetching Hadoop${version === undefined ? '' : ` ${version}`} with Maven`);
  const unfinished = `${jars}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const which = version === undefined ? [] : [`-Dhadoop.version=${version}`];
  const args = ['--batch-mode', '--quiet', '--file', pom, 'dependency:copy-dependencies', ...which];
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
