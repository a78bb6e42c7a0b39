// Java and Maven: the machine's own, or the system's packages.
import { existsSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { run, which } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache } from './paths.mjs';
import { SetupError } from './setupError.mjs';
import { installSystemPackage } from './systemPackage.mjs';

/** Hadoop 3.3 runs on 8 and 11 too; what starts it here passes options that older ones do not know. */
const oldest = 17;
const jdk = { apt: ['openjdk-17-jre-headless'], dnf: ['java-17-openjdk-headless'] };
const program = process.platform === 'win32' ? 'java.exe' : 'java';

/** @returns {Promise<string>} absolute path of a Java 17 or newer: that of JAVA_HOME, or the first on PATH */
export async function ensureJava() {
  return ensure({
    find: findJava,
    packages: jdk,
    advice:
      'No Java 17 or newer was found, and it could not be installed from here. Install one (Debian: apt-get install ' +
      'openjdk-17-jre-headless; Fedora: dnf install java-17-openjdk-headless), or set JAVA_HOME to its folder.',
  });
}

/** @returns {Promise<string>} absolute path of Maven */
export async function ensureMaven() {
  return ensure({
    find: () => which('mvn'),
    packages: { apt: ['maven'], dnf: ['maven'] },
    advice:
      'Maven was not found, and it could not be installed from here. Install it (Debian: apt-get install maven; ' +
      'Fedora: dnf install maven; macOS: brew install maven), and put mvn on PATH.',
  });
}

async function ensure({ find, packages, advice }) {
  const found = await find();
  if (found !== undefined) {
    return found;
  }
  return withLock(path.join(cache, 'setup.lock'), async () => {
    const done = (await find()) ?? ((await installSystemPackage(packages)) ? await find() : undefined);
    if (done === undefined) {
      throw new SetupError(advice);
    }
    return done;
  });
}

/** @returns {Promise<string>} absolute path of the newest Java that systems keep beside others; else the usual one */
export async function newestJava() {
  const folder = '/usr/lib/jvm';
  const names = await readdir(folder).catch(() => []);
  const files = names.map((name) => path.join(folder, name, 'bin', program)).filter((file) => existsSync(file));
  const versions = await Promise.all(files.map(version));
  const newest = files[versions.indexOf(Math.max(...versions))];
  return newest === undefined ? ensureJava() : realpathSync(newest);
}

async function findJava() {
  const home = process.env['JAVA_HOME'];
  const places = [
    home === undefined || home === '' ? undefined : path.join(home, 'bin', program),
    which('java'),
    '/usr/lib/jvm/java-17-openjdk/bin/java',
    `/usr/lib/jvm/java-17-openjdk-${process.arch === 'x64' ? 'amd64' : process.arch}/bin/java`,
  ];
  for (const file of places) {
    if (file !== undefined && existsSync(file) && (await version(file)) >= oldest) {
      return realpathSync(file);
    }
  }
  return undefined;
}

/** Its first number: 17 for “17.0.15”, 1 for “1.8.0”; 0 when it does not run. */
async function version(file) {
  const { code, stderr } = await run(file, ['-version']);
  return code === 0 ? Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0) : 0;
}
