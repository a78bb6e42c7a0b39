import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBrowser } from '../../scripts/editor/chromium.mjs';
import { benchmark, options } from './benchmark';
import { measurePanel } from './panelFrames';
import { writeLog } from './panelLines';
import { measureReference } from './panelReference';

/** The real panel in a real browser, over a log on disk; then what VS Code itself has for the same lines. */
benchmark(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-bench-log-'));
  const lines = options.number('lines', 1_000_000, 50_000);
  try {
    const browser = await openBrowser();
    const figures = await measurePanel({
      browser,
      webview: path.resolve('dist/webview'),
      searchWorker: path.resolve('dist/searchWorker.js'),
      folder,
      lines,
    }).finally(() => browser.close());
    const log = path.join(folder, 'output.log');
    await writeLog(log, lines);
    return { ...figures, reference: await measureReference(log, lines), budget: { late: 0, megabytes: 150 } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
