import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';

const lines = 40;

/** What a window shows in its lists, its status bar, its notices and its frames: a line each. */
export async function textsOf(page: Page): Promise<string> {
  const parts = ['.sidebar .monaco-list-row', '.tab', '.statusbar-item', '.notification-list-item-message'];
  const texts: string[] = [];
  for (const part of parts) {
    const found = await page.locator(part).allInnerTexts();
    texts.push(...found.map((text) => `${part}: ${text.replaceAll(/\s+/g, ' ').trim()}`));
  }
  for (const frame of page.frames().slice(1)) {
    const text = await frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '');
    if (text.trim() !== '') {
      texts.push(
        `${new URL(frame.url()).pathname.split('/').at(-1) ?? ''}: ${text.replaceAll(/\s+/g, ' ').slice(0, 300)}`,
      );
    }
  }
  return texts.join('\n');
}

/** The end of what the extension has logged last. @param userData VS Code's folder */
export async function lastOfLog(userData: string): Promise<string> {
  const files = await readdir(path.join(userData, 'logs'), { recursive: true }).catch(() => []);
  const own = files.filter((file) => /dask-cluster-explorer.*\.log$/.test(file));
  const times = await Promise.all(own.map(async (file) => (await stat(path.join(userData, 'logs', file))).mtimeMs));
  const newest = own[times.indexOf(Math.max(...times))];
  return newest === undefined
    ? 'There is none.'
    : (await readFile(path.join(userData, 'logs', newest), 'utf8')).trimEnd().split('\n').slice(-lines).join('\n');
}
