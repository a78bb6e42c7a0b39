import { appendFileSync, renameSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { OutputChannel } from 'vscode';
import type { HostScope } from '../host/support/driverServer';
import { Editor, type EditorWindow } from '../host/support/editor';
import { logLines, matching, needle } from './panelLines';
import {
  jumpFigures,
  jumpShares,
  PanelMeter,
  type FrameFigures,
  type JumpFigures,
  type MemoryFigures,
} from './panelMeter';
import { panelProbe } from './panelProbe';

/** As of our panel; see PanelFigures. */
interface ViewFigures {
  /** As many as are kept. */
  lines: number;
  /** From the command that shows them to lines on the screen, milliseconds. */
  openMs: number;
  open: FrameFigures;
  scroll: FrameFigures;
  jump: FrameFigures;
  /** From a press on the scroll bar to text in all rows, milliseconds. */
  jumpToTextMs: JumpFigures;
  search: FrameFigures;
  /** From the last letter to the count of all matches, milliseconds. */
  searchMs: number;
  matches: string;
}

/** Memory of the whole window, before the log was open and with it. */
interface WindowMemory {
  before: MemoryFigures;
  after: MemoryFigures;
}

export interface ReferenceFigures {
  outputChannel: ViewFigures & WindowMemory & { grow: FrameFigures; grownLines: number };
  textEditor: ViewFigures & WindowMemory;
}

/**
 * The same lines in VS Code's own views: in an output channel, of which it keeps the end, and, as that does not
 * hold them all, as a file in a text editor. Each is in a window of its own, as large as our panel.
 * @param log a file with the lines
 */
export async function measureReference(log: string, lines: number): Promise<ReferenceFigures> {
  const editor = await Editor.start({
    viewport: { width: 1000, height: 900 },
    settings: { 'workbench.panel.opensMaximized': 'always', 'workbench.editorLargeFileConfirmation': 1024 },
  });
  try {
    return {
      outputChannel: await inWindow(editor, (window, meter) => measureChannel(editor, window, meter, lines)),
      textEditor: await inWindow(editor, (window, meter) => measureEditor(window, meter, log, lines)),
    };
  } finally {
    await editor.dispose();
  }
}

async function inWindow<R>(
  editor: Editor,
  measure: (window: EditorWindow, meter: PanelMeter) => Promise<R>,
): Promise<R> {
  const window = await editor.openWindow();
  try {
    await window.host.call(({ vscode }: HostScope) => vscode.commands.executeCommand('workbench.action.closeSidebar'));
    await window.page.evaluate(panelProbe);
    return await measure(window, await PanelMeter.of(window.page));
  } finally {
    await window.page.close();
  }
}

async function measureChannel(
  editor: Editor,
  { host }: EditorWindow,
  meter: PanelMeter,
  lines: number,
): Promise<ReferenceFigures['outputChannel']> {
  await host.call(({ vscode, kept }: HostScope) => {
    kept['channel'] = vscode.window.createOutputChannel('bench');
  });
  const file = new ChannelFile(await channelFolder(editor.home));
  file.append(0, lines);
  const before = await meter.memory();
  const figures = await measureView(meter, '.part.panel', { from: file.from, to: lines, shows: lines - 1 }, () =>
    host.call(({ kept }: HostScope) => (kept['channel'] as OutputChannel).show()),
  );
  let grown = lines;
  const grow = await meter.during(async () => {
    const end = Date.now() + 4_000;
    for (; Date.now() < end; grown += 1_000) {
      file.append(grown, grown + 1_000);
      await host.call(({ kept }: HostScope) => (kept['channel'] as OutputChannel).append(''));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await meter.tab.evaluate(`panelProbe.shown('.part.panel', 'line ${grown - 1} ')`);
  });
  return { ...figures, grow, grownLines: grown - lines, before, after: await meter.memory() };
}

async function measureEditor(
  { host }: EditorWindow,
  meter: PanelMeter,
  log: string,
  lines: number,
): Promise<ReferenceFigures['textEditor']> {
  const before = await meter.memory();
  const figures = await measureView(meter, '.part.editor', { from: 0, to: lines, shows: 0 }, () =>
    host.call(async ({ vscode }: HostScope, file: string) => {
      await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file), { preview: false });
    }, log),
  );
  return { ...figures, before, after: await meter.memory() };
}

/**
 * What is done to our panel, done to an editor of Monaco.
 * @param part where it is, as a selector of CSS
 * @param lines the first that it holds, the first after the last, and the one that it opens with
 */
async function measureView(
  meter: PanelMeter,
  part: string,
  lines: { from: number; to: number; shows: number },
  show: () => Promise<void>,
): Promise<ViewFigures> {
  const { tab } = meter;
  let openMs = 0;
  const open = await meter.during(async () => {
    const started = performance.now();
    await Promise.all([show(), tab.evaluate(`panelProbe.shown('${part}', 'line ${lines.shows} ')`)]);
    openMs = performance.now() - started;
  });

  const text = tab.locator(`${part} .view-lines`).first();
  await text.click();
  await tab.keyboard.press('ControlOrMeta+End');
  await tab.evaluate(`panelProbe.shown('${part}', 'line ${lines.to - 1} ')`);
  const scroll = await meter.during(() => meter.scroll());

  const bar = await tab.locator(`${part} .editor-scrollable > .scrollbar.vertical`).first().boundingBox();
  if (bar === null) {
    throw new Error('The editor has no scroll bar');
  }
  const jumps: number[] = [];
  const jump = await meter.during(async () => {
    for (const share of jumpShares) {
      await tab.evaluate(`panelProbe.expectPress('${part}')`);
      await tab.mouse.move(bar.x + bar.width / 2, bar.y + bar.height * share);
      await tab.mouse.down();
      jumps.push(await tab.evaluate<number>('panelProbe.pressed()'));
      await tab.mouse.up();
    }
  });

  let searchMs = 0;
  let matches = '';
  const search = await meter.during(async () => {
    await text.click();
    await tab.keyboard.press('ControlOrMeta+F');
    await tab.keyboard.type(needle, { delay: 20 });
    const from = performance.now();
    await tab.evaluate(`panelProbe.counted('${part}', 'of ${matching(lines.from, lines.to)}')`);
    searchMs = performance.now() - from;
    matches = (await tab.locator(`${part} .find-widget .matchesCount`).textContent()) ?? '';
    for (let step = 0; step < 30; step += 1) {
      await tab.keyboard.press('Enter');
    }
    await tab.keyboard.press('Escape');
  });
  await tab.keyboard.press('ControlOrMeta+End');
  return {
    lines: lines.to - lines.from,
    openMs: Math.round(openMs),
    open,
    scroll,
    jump,
    jumpToTextMs: jumpFigures(jumps),
    search,
    searchMs: Math.round(searchMs),
    matches,
  };
}

/**
 * The file behind an output channel, which the window reads. VS Code writes it by a native module (spdlog) that is
 * not built here: this writes as it does, and begins an empty file before one is longer than 30 MB.
 */
class ChannelFile {
  /** The first line in the file. */
  from = 0;
  readonly #path: string;
  #bytes = 0;

  constructor(folder: string) {
    this.#path = path.join(folder, '1-bench.log');
  }

  append(from: number, to: number): void {
    for (let line = from; line < to; line += 1_000) {
      const text = logLines(line, Math.min(line + 1_000, to));
      if (this.#bytes + text.length > 30 * 1024 * 1024) {
        renameSync(this.#path, this.#path.replace('.log', '.1.log'));
        this.#bytes = 0;
        this.from = line;
      }
      appendFileSync(this.#path, text);
      this.#bytes += text.length;
    }
  }
}

/** Where an extension host has the files of its output channels: made with the first of them. */
async function channelFolder(home: string): Promise<string> {
  for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const entries = await readdir(home, { recursive: true });
    const found = entries.find((entry) => path.basename(entry).startsWith('output_logging_'));
    if (found !== undefined) {
      return path.join(home, found);
    }
    if (Date.now() > end) {
      throw new Error('VS Code has made no folder for output channels');
    }
  }
}
