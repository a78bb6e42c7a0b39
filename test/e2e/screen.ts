import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';

/** Keeps a picture of the window in test-results/screenshots. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['DASK_SCREENSHOTS'] ?? path.join('test-results', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** Opens a file by a double click in the list of files. */
export async function openFile(page: Page, name: string): Promise<void> {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).dblclick();
  await page.locator('.tab.active', { hasText: name }).waitFor();
  await page.locator('.editor-group-container.active .view-lines .view-line').first().waitFor();
}

/** Right-clicks in the text of the open file, and chooses from the menu. */
export async function chooseInEditorMenu(page: Page, item: string): Promise<void> {
  await page.locator('.editor-group-container.active .view-lines .view-line').nth(2).click({ button: 'right' });
  await chooseInMenu(page, item);
}

export async function chooseInMenu(page: Page, item: string): Promise<void> {
  const entry = page.locator('.monaco-menu .action-menu-item', { hasText: new RegExp(`^${item}$`) }).first();
  await entry.hover();
  await entry.click();
}

/** Opens the Dask side bar. */
export async function openDask(page: Page): Promise<void> {
  const icon = page.locator('.activitybar .action-item', { has: page.locator('a[aria-label^="Dask"]') });
  if (!(await icon.getAttribute('class'))?.includes('checked')) {
    await icon.click();
  }
  await page.locator('.sidebar .pane-header', { hasText: 'Clusters' }).waitFor();
}

/** Rows of one of the two views. */
export function rows(page: Page, view: 'Clusters' | 'Runs'): Locator {
  return page
    .locator('.sidebar .pane', { has: page.locator(`.pane-header[aria-label^="${view}"]`) })
    .locator('.monaco-list-row');
}

/** The panel's own frame, once it has drawn its bar. */
export async function panelFrame(page: Page, timeoutMs = 60_000): Promise<Frame> {
  return waitForFrame(page, async (frame) => (await frame.locator('.tile').count()) > 0, 'the panel', timeoutMs);
}

/** Waits until the panel shows a text. Its frame may be made anew meanwhile, as when it moves. */
export async function panelShows(page: Page, text: RegExp, timeoutMs = 90_000): Promise<void> {
  const shown = (frame: Frame): Promise<boolean> => frame.locator('.tile').getByText(text).first().isVisible();
  await waitForFrame(page, shown, `the panel to show ${String(text)}`, timeoutMs);
}

/** A frame with a plot of the dashboard that has drawn. */
export async function plotFrame(page: Page, plot: string, timeoutMs = 60_000): Promise<Frame> {
  const drawn = async (frame: Frame): Promise<boolean> =>
    frame.url().includes(plot) && (await frame.locator('canvas').count()) > 0;
  return waitForFrame(page, drawn, `the plot ${plot}`, timeoutMs);
}

async function waitForFrame(
  page: Page,
  wanted: (frame: Frame) => Promise<boolean>,
  what: string,
  timeoutMs: number,
): Promise<Frame> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    for (const frame of page.frames()) {
      if (await wanted(frame).catch(() => false)) {
        return frame;
      }
    }
    if (Date.now() > end) {
      throw new Error(
        `Waited for ${what}; there are ${page
          .frames()
          .map((frame) => frame.url())
          .join(', ')}`,
      );
    }
    await page.waitForTimeout(100);
  }
}

/** Runs a command by the palette. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget .quick-input-filter input');
  await input.fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
}
