import { readFile } from 'node:fs/promises';
import type { CDPSession, Page } from 'playwright-core';
import type { ProbeResult } from './panelProbe';

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

export interface JumpFigures {
  p50: number;
  p99: number;
  longest: number;
}

export interface MemoryFigures {
  /** Script heap of the page after a collection, megabytes. */
  heapMegabytes: number;
  /** Private memory of the page's process, the browser's own code and all, megabytes; null where it is not known. */
  processMegabytes: number | null;
}

/** What a tab with the panel's probe in it costs while it is used: the same for our panel and for what it is held against. */
export class PanelMeter {
  private constructor(
    readonly tab: Page,
    private readonly cdp: CDPSession,
    private readonly system: CDPSession,
  ) {}

  static async of(tab: Page): Promise<PanelMeter> {
    const browser = tab.context().browser();
    if (browser === null) {
      throw new Error('The tab has no browser');
    }
    const cdp = await tab.context().newCDPSession(tab);
    await cdp.send('Performance.enable');
    return new PanelMeter(tab, cdp, await browser.newBrowserCDPSession());
  }

  async during(work: () => Promise<void>): Promise<FrameFigures> {
    await this.tab.evaluate('panelProbe.start()');
    await work();
    return this.stop();
  }

  /** The frames since the probe was started. */
  async stop(): Promise<FrameFigures> {
    const { frames, scripts } = await this.tab.evaluate<ProbeResult>('panelProbe.stop()');
    return {
      frames: frames.length,
      p50: rank(frames, 0.5),
      p99: rank(frames, 0.99),
      longest: rank(frames, 1),
      late: frames.filter((frame) => frame > 50).length,
      longestScript: rank(scripts, 1),
    };
  }

  /** Turns the wheel as people do: fast, up and down, for some seconds. */
  async scroll(): Promise<void> {
    await this.tab.mouse.move(400, 400);
    for (let round = 0; round < 200; round += 1) {
      await this.tab.mouse.wheel(0, (round % 40 < 30 ? -1 : 1) * (100 + (round % 7) * 250));
    }
  }

  async memory(): Promise<MemoryFigures> {
    await this.cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    const own = await this.#ownKilobytes();
    return {
      heapMegabytes: megabytes(metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0),
      processMegabytes: own === undefined ? null : megabytes(own * 1024),
    };
  }

  /** Memory of the page's process by Linux, kilobytes that are its own. */
  async #ownKilobytes(): Promise<number | undefined> {
    const { processInfo } = await this.system.send('SystemInfo.getProcessInfo');
    const sizes = await Promise.all(
      processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => ownKilobytes(id)),
    );
    return sizes.some((size) => size === undefined) ? undefined : Math.max(...sizes.map((size) => size ?? 0));
  }
}

/** Shares of the log that the scroll bar is dragged to, all over it. */
export const jumpShares = Array.from({ length: 40 }, (_, round) => ((round + 1) * 0.618) % 1);

export function jumpFigures(milliseconds: readonly number[]): JumpFigures {
  return { p50: rank(milliseconds, 0.5), p99: rank(milliseconds, 0.99), longest: rank(milliseconds, 1) };
}

export function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
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
