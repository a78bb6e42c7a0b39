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

/** Opens the side bar with the list of files. */
export async function openExplorer(page: Page): Promise<void> {
  const files = page.locator('.explorer-folders-view');
  if (!(await files.isVisible())) {
    await page.locator('.activitybar .action-item a[aria-label^="Explorer"]').click();
  }
  await files.locator('.monaco-list-row').first().waitFor();
}

/** Right-clicks a file in the list of files, and chooses from the menu. */
export async function chooseInExplorer(page: Page, name: string, item: string): Promise<void> {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).click({ button: 'right' });
  await chooseInMenu(page, item);
}

/** Runs the open file by the button in the title of its editor: at its side is a menu of all ways to run it. */
export async function runInEditorTitle(page: Page, item: string): Promise<void> {
  const title = page.locator('.editor-group-container.active .editor-actions');
  await title.locator(`.action-label[aria-label^="${item}"]`).first().click();
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
export function rows(page: Page, name: 'Clusters' | 'Runs'): Locator {
  return view(page, name).locator('.monaco-list-row');
}

/** Presses the button that a row shows while the pointer is on it. */
export async function pressOnRow(row: Locator, action: string): Promise<void> {
  await row.hover();
  await row.locator(`.actions-container .action-label[aria-label^="${action}"]`).click();
}

/** Right-clicks a row, and chooses from the menu. */
export async function chooseOnRow(row: Locator, item: string): Promise<void> {
  await row.click({ button: 'right' });
  await chooseInMenu(row.page(), item);
}

/** One of the two views, with its title. */
export function view(page: Page, name: 'Clusters' | 'Runs'): Locator {
  return page.locator('.sidebar .pane', { has: page.locator(`.pane-header[aria-label^="${name}"]`) });
}

/** A button in the text that an empty view shows. */
export function welcomeButton(page: Page, name: 'Clusters' | 'Runs', title: string): Locator {
  return view(page, name).locator('.welcome-view .monaco-button', { hasText: new RegExp(`^${title}$`) });
}

/** Presses a button of a view's title. */
export async function pressInTitle(page: Page, name: 'Clusters' | 'Runs', action: string): Promise<void> {
  await view(page, name).hover();
  await view(page, name).locator(`.pane-header .action-label[aria-label^="${action}"]`).click();
}

/** Opens the menu behind the dots of a view's title, and chooses from it. */
export async function chooseInTitle(page: Page, name: 'Clusters' | 'Runs', item: string): Promise<void> {
  await pressInTitle(page, name, 'More Actions');
  await chooseInMenu(page, item);
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
  const input = page.locator('.quick-input-widget .quick-input-filter input');
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
  // What the command before still does may take the focus, and the palette closes with it.
  for (let tries = 1; ; tries += 1) {
    await page.keyboard.press('F1');
    try {
      await input.fill(`>${title}`, { timeout: 3000 });
      await row.click({ timeout: 3000 });
      return;
    } catch (error) {
      if (tries === 5) {
        throw error;
      }
    }
  }
}

/** Types the path of a file into VS Code's own dialog for files, once it asks this. */
export async function chooseFile(page: Page, title: string, file: string): Promise<void> {
  const asked = page.locator('.quick-input-title', { hasText: title });
  const input = page.locator('.quick-input-widget .quick-input-box input');
  await asked.waitFor();
  // While it reads a folder it takes no answer.
  for (let tries = 0; tries < 20 && (await asked.isVisible()); tries += 1) {
    await input.fill(file);
    await input.press('Enter');
    await asked.waitFor({ state: 'hidden', timeout: 1500 }).catch(() => undefined);
  }
}
