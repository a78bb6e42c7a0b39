import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBrowser } from '../../scripts/editor/chromium.mjs';
import { benchmark, options } from './benchmark';
import { measurePanel } from './panelFrames';

/** The real panel in a real browser, over a log on disk. */
benchmark(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'dask-bench-log-'));
  const browser = await openBrowser();
  try {
    const figures = await measurePanel({
      browser,
      webview: path.resolve('dist/webview'),
      searchWorker: path.resolve('dist/searchWorker.js'),
      folder,
      lines: options.number('lines', 1_000_000, 50_000),
    });
    return { ...figures, budget: { late: 0, megabytes: 150 } };
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});
