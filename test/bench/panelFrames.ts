import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { PanelSetup } from '../../src/protocol/panelState';
import { needle, writeLines } from './panelLines';
import {
  jumpFigures,
  jumpShares,
  megabytes,
  PanelMeter,
  type FrameFigures,
  type JumpFigures,
  type MemoryFigures,
} from './panelMeter';
import { PanelPage } from './panelPage';
import { panelProbe } from './panelProbe';

export interface PanelFigures extends MemoryFigures {
  lines: number;
  fileMegabytes: number;
  /** From loading the page to the last lines on the screen, milliseconds. */
  openMs: number;
  /** From the page's first script on. */
  open: FrameFigures;
  scroll: FrameFigures;
  jump: FrameFigures;
  /** From a jump to text in all rows, milliseconds. */
  jumpToTextMs: JumpFigures;
  search: FrameFigures;
  /** From the last letter to the count of all matches, milliseconds. */
  searchMs: number;
  matches: string;
  grow: FrameFigures;
  grownLines: number;
}

export interface PanelBenchOptions {
  browser: Browser;
  webview: string;
  searchWorker: string;
  /** For the log. */
  folder: string;
  lines: number;
}

/** Opens, scrolls, searches and grows a long log in the real panel. */
export async function measurePanel(options: PanelBenchOptions): Promise<PanelFigures> {
  const path = join(options.folder, 'panel-output.log');
  const file = await open(path, 'w');
  const page = await PanelPage.start({
    webview: options.webview,
    searchWorker: options.searchWorker,
    setup,
    logs: { 'run:1': { path, fileName: 'output.log', directories: [] } },
  });
  const tab = await options.browser.newPage({ viewport: { width: 1000, height: 900 } });
  try {
    await writeLines(file, 0, options.lines);
    return await run(await PanelMeter.of(tab), page, file, options.lines);
  } finally {
    await tab.close();
    await page.close();
    await file.close();
  }
}

const setup: PanelSetup = {
  cluster: { backend: 'local', id: 'bench', title: 'bench', state: 'running' },
  runs: [],
  sources: [{ id: 'run:1', label: 'bench.py', kind: 'run', runId: '1' }],
  listing: false,
  dashboard: { kind: 'noPlots', message: '' },
  views: {},
  layout: { root: { kind: 'tile', tile: { kind: 'log', id: 'log' } } },
};

async function run(meter: PanelMeter, page: PanelPage, file: FileHandle, lines: number): Promise<PanelFigures> {
  const { tab } = meter;
  await tab.addInitScript({ content: `${panelProbe}; panelProbe.start();` });
  const started = performance.now();
  await tab.goto(page.url('dark'));
  await tab.getByText(`line ${lines - 1} `).waitFor();
  const openMs = performance.now() - started;
  const opened = await meter.stop();

  const scroll = await meter.during(() => meter.scroll());
  const jumps: number[] = [];
  const jump = await meter.during(async () => {
    for (const share of jumpShares) {
      // Drags the scroll bar there.
      jumps.push(await tab.evaluate<number>(`panelProbe.jump(${share})`));
    }
  });

  let searchMs = 0;
  let matches = '';
  const search = await meter.during(async () => {
    await tab.getByLabel('Find in log').first().click();
    await tab.keyboard.type(needle, { delay: 20 });
    const from = performance.now();
    const status = tab.locator('.find-status');
    await tab.evaluate('panelProbe.searched()');
    searchMs = performance.now() - from;
    matches = (await status.textContent()) ?? '';
    for (let step = 0; step < 30; step += 1) {
      await tab.keyboard.press('Enter');
    }
    await tab.keyboard.press('Escape');
  });

  await tab.keyboard.press('End');
  let grown = lines;
  const grow = await meter.during(async () => {
    const end = Date.now() + 4_000;
    for (; Date.now() < end; grown += 1_000) {
      await writeLines(file, grown, grown + 1_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await tab.getByText(`line ${grown - 1} `).waitFor();
  });

  return {
    lines,
    fileMegabytes: megabytes((await file.stat()).size),
    openMs: Math.round(openMs),
    open: opened,
    scroll,
    jump,
    jumpToTextMs: jumpFigures(jumps),
    search,
    searchMs: Math.round(searchMs),
    matches,
    grow,
    grownLines: grown - lines,
    ...(await meter.memory()),
  };
}
