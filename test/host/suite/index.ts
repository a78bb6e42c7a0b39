import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';

/**
 * VS Code calls this in its extension host: under test/host's own launcher, and under @vscode/test-electron.
 * Counts go to the file that `DASK_HOST_RESULT` names, and what mocha prints to the one that `DASK_HOST_LOG`
 * names: the extension host's own output is seen by nobody.
 */
export async function run(): Promise<void> {
  const result = process.env['DASK_HOST_RESULT'];
  process.setSourceMapsEnabled(true);
  const mocha = new Mocha({ timeout: 60_000, ui: 'bdd', color: false });
  const log = process.env['DASK_HOST_LOG'];
  if (log !== undefined) {
    Mocha.reporters.Base.consoleLog = (...args: unknown[]) => appendFileSync(log, `${format(...args)}\n`);
  }
  const grep = process.env['DASK_HOST_GREP'];
  if (grep !== undefined && grep !== '') {
    mocha.grep(grep);
  }
  for (const name of readdirSync(__dirname).sort()) {
    if (name.endsWith('.test.js')) {
      mocha.addFile(path.join(__dirname, name));
    }
  }
  const counts = await new Promise<{ passed: number; failed: number; skipped: number }>((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed: failures, skipped: pending });
    });
  });
  if (result !== undefined) {
    writeFileSync(result, JSON.stringify(counts));
  }
  if (counts.failed > 0) {
    throw new Error(`${counts.failed} failed`);
  }
}
