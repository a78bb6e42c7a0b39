import { open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { PanelSetup } from '../../src/protocol/panelState';
import { PanelPage } from './panelPage';
import { panelProbe, type ProbeResult } from './panelProbe';

/** How long frames took, milliseconds. `late` are those over 50 ms. */
export interface FrameFigures {
  frames: number;
  p50: number;
  p99: number;
  longest: number;
  late: number;
  /** Longest stretch of script in one go, milliseconds. */
  longestScript: number;
}

export interface PanelFigures {
  lines: number;
  fileMegabytes: number;
  /** From loading the page to the last lines on the screen, milliseconds. */
  openMs: number;
  scroll: FrameFigures;
  jump: FrameFigures;
  /** From a jump to text in all rows, milliseconds. */
  jumpToTextMs: { p50: number; p99: number; longest: number };
  search: FrameFigures;
  /** From the last letter to the count of all matches, milliseconds. */
  searchMs: number;
  matches: string;
  grow: FrameFigures;
  grownLines: number;
  /** Script heap of the page after a collection, megabytes. */
  heapMegabytes: number;
  /** Private memory of the page's process, the browser's own code and all, megabytes; null where it is not known. */
  processMegabytes: number | null;
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
    const bench = new PanelBench(
      tab,
      await tab.context().newCDPSession(tab),
      await options.browser.newBrowserCDPSession(),
    );
    return await bench.run(page, file, options.lines);
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

class PanelBench {
  readonly #tab: Page;
  readonly #cdp: CDPSession;
  readonly #system: CDPSession;

  constructor(tab: Page, cdp: CDPSession, system: CDPSession) {
    this.#tab = tab;
    this.#cdp = cdp;
    this.#system = system;
  }

  async run(page: PanelPage, file: FileHandle, lines: number): Promise<PanelFigures> {
    await this.#cdp.send('Performance.enable');
    await this.#tab.addInitScript({ content: panelProbe });
    const started = performance.now();
    await this.#tab.goto(page.url('dark'));
    await this.#tab.getByText(`line ${lines - 1} `).waitFor();
    const openMs = performance.now() - started;

    const scroll = await this.#during(() => this.#scroll());
    const jumps: number[] = [];
    const jump = await this.#during(async () => {
      for (let round = 1; round <= 40; round += 1) {
        jumps.push(await this.#jump((round * 0.618) % 1));
      }
    });

    let searchMs = 0;
    let matches = '';
    const search = await this.#during(async () => {
      await this.#tab.getByLabel('Find in log').first().click();
      await this.#tab.keyboard.type('value=77', { delay: 20 });
      const from = performance.now();
      const status = this.#tab.locator('.find-status');
      await this.#tab.evaluate('panelProbe.searched()');
      searchMs = performance.now() - from;
      matches = (await status.textContent()) ?? '';
      for (let step = 0; step < 30; step += 1) {
        await this.#tab.keyboard.press('Enter');
      }
      await this.#tab.keyboard.press('Escape');
    });

    await this.#tab.keyboard.press('End');
    let grown = lines;
    const grow = await this.#during(async () => {
      const end = Date.now() + 4_000;
      for (; Date.now() < end; grown += 1_000) {
        await writeLines(file, grown, grown + 1_000);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await this.#tab.getByText(`line ${grown - 1} `).waitFor();
    });

    await this.#cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.#cdp.send('Performance.getMetrics');
    const own = await this.#ownKilobytes();
    const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
    return {
      lines,
      fileMegabytes: megabytes((await file.stat()).size),
      openMs: Math.round(openMs),
      scroll,
      jump,
      jumpToTextMs: { p50: rank(jumps, 0.5), p99: rank(jumps, 0.99), longest: rank(jumps, 1) },
      search,
      searchMs: Math.round(searchMs),
      matches,
      grow,
      grownLines: grown - lines,
      heapMegabytes: megabytes(heap),
      processMegabytes: own === undefined ? null : megabytes(own * 1024),
    };
  }

  /** Turns the wheel as people do: fast, up and down, for some seconds. */
  async #scroll(): Promise<void> {
    await this.#tab.mouse.move(400, 400);
    for (let round = 0; round < 200; round += 1) {
      await this.#tab.mouse.wheel(0, (round % 40 < 30 ? -1 : 1) * (100 + (round % 7) * 250));
    }
  }

  /** Drags the scroll bar somewhere; answers how long it took until each row had its text. */
  async #jump(share: number): Promise<number> {
    return this.#tab.evaluate<number>(`panelProbe.jump(${share})`);
  }

  async #during(work: () => Promise<void>): Promise<FrameFigures> {
    await this.#tab.evaluate('panelProbe.start()');
    await work();
    const { frames, scripts } = await this.#tab.evaluate<ProbeResult>('panelProbe.stop()');
    return {
      frames: frames.length,
      p50: rank(frames, 0.5),
      p99: rank(frames, 0.99),
      longest: rank(frames, 1),
      late: frames.filter((frame) => frame > 50).length,
      longestScript: rank(scripts, 1),
    };
  }

  /** Memory of the page's process by Linux, kilobytes that are its own. */
  async #ownKilobytes(): Promise<number | undefined> {
    const { processInfo } = await this.#system.send('SystemInfo.getProcessInfo');
    const sizes = await Promise.all(
      processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ownKilobytes(id)),
    );
    return sizes.some((size) => size === undefined) ? undefined : Math.max(...sizes.map((size) => size ?? 0));
  }
}

/** Private memory of a process, from Linux; undefined elsewhere. */
async function ownKilobytes(pid: number): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    const fields = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB$/gm)];
    return fields.reduce((sum, [, value]) => sum + Number(value), 0);
  } catch {
    return undefined;
  }
}

function rank(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return Math.round(value * 10) / 10;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
}

async function writeLines(file: FileHandle, from: number, to: number): Promise<void> {
  let text = '';
  for (let line = from; line < to; line += 1) {
    const level = line % 10 === 0 ? '\x1b[33mWARN\x1b[0m' : '\x1b[32mINFO\x1b[0m';
    text += `2026-11-24 06:11:29 ${level} line ${line} of the job: partition ${line % 512}, value=${(line * 7919) % 1000}\n`;
    if (text.length > 1_000_000 || line === to - 1) {
      await file.write(text);
      text = '';
    }
  }
}
