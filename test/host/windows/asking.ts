import type { Locator, Page } from 'playwright-core';
import type { EditorWindow } from '../support/editor';
import { until } from './product';

/** The box of quick picks and inputs, once it asks this: a part of its title, such as `(2/3)`. */
export async function question(page: Page, title: string): Promise<Locator> {
  const box = page
    .locator('.quick-input-widget')
    .filter({ has: page.locator('.quick-input-title', { hasText: title }) });
  await box.waitFor();
  return box;
}

/** Chooses a row of a quick pick. */
export async function choose(page: Page, title: string, label: string): Promise<void> {
  const row = (await question(page, title)).locator('.monaco-list-row', { hasText: label }).first();
  await row.click();
}

/** Replaces the text of an input box and accepts it; gives what it held. */
export async function enter(page: Page, title: string, text: string): Promise<string> {
  const input = (await question(page, title)).locator('.quick-input-box input');
  const before = await input.inputValue();
  await input.fill(text);
  await input.press('Enter');
  return before;
}

/** The dialog that asks before what cannot be undone. */
export async function dialog(page: Page): Promise<{ text: string; press: (button: string) => Promise<void> }> {
  const box = page.locator('.monaco-dialog-box');
  await box.waitFor();
  return {
    text: await box.locator('.dialog-message-container').innerText(),
    press: async (button) => {
      await box.locator('.monaco-button', { hasText: button }).click();
      await box.waitFor({ state: 'detached' });
    },
  };
}

/** A notification that says this, once it is there. */
export async function notification(window: EditorWindow, text: RegExp): Promise<Locator> {
  const item = window.page.locator('.notification-list-item').filter({ hasText: text }).first();
  await until(`a notification that says ${String(text)}`, async () => {
    await showNotifications(window);
    return item.isVisible();
  });
  return item;
}

/** What all notifications say that are there now. */
export async function notifications(window: EditorWindow): Promise<string[]> {
  await showNotifications(window);
  return window.page.locator('.notification-list-item-message').allInnerTexts();
}

export async function clearNotifications({ host }: EditorWindow): Promise<void> {
  await host.call(({ vscode }) => vscode.commands.executeCommand('notifications.clearAll'));
}

/** Titles of a notification's buttons. */
export async function buttons(item: Locator): Promise<string[]> {
  return (await item.locator('.monaco-text-button').allInnerTexts()).map((title) => title.trim());
}

export async function press(item: Locator, button: string): Promise<void> {
  await item.locator('.monaco-text-button', { hasText: button }).click();
}

/** The server's test mode shows no toasts, but their list. */
async function showNotifications({ host }: EditorWindow): Promise<void> {
  await host.call(({ vscode }) => vscode.commands.executeCommand('notifications.showList'));
}
