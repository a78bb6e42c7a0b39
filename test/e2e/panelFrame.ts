import type { Frame, Locator, Page } from 'playwright-core';

// What runs in the page is text: tests are compiled without a browser's types.

/** A button of the panel by its whole name. */
export function controlOf(panel: Frame, name: string): Locator {
  return panel.getByRole('button', { name, exact: true });
}

/** Ids of the tiles, row by row as they are seen. */
export function tileOrder(panel: Frame): Promise<string[]> {
  return panel.evaluate<string[]>(`
    [...document.querySelectorAll('[data-tile]')]
      .map((tile) => ({ id: tile.dataset.tile, rect: tile.getBoundingClientRect() }))
      .sort((a, b) => a.rect.top - b.rect.top || a.rect.left - b.rect.left)
      .map(({ id }) => id)`);
}

/** Where a tile or a part of it is in the window; pixels. */
export async function tileAt(panel: Frame, id: string, part = ''): Promise<NonNullable<Box>> {
  const box = await panel.locator(`[data-tile="${id}"] ${part}`.trim()).boundingBox();
  if (!box) {
    throw new Error(`The tile ${id} is not seen`);
  }
  return box;
}

type Box = Awaited<ReturnType<Locator['boundingBox']>>;

/** What a panel shows that must come back with it. */
export interface PanelState {
  title: string | null;
  /** Ids of its tiles, row by row. */
  order: string[];
  /** The first line of the log in view. */
  line: string;
  /** What the search looks for, and where it stands, as "2 of 50". */
  wanted: string;
  match: string | null;
}

export async function panelState(panel: Frame): Promise<PanelState> {
  return {
    title: await panel.locator('h1').textContent(),
    order: await tileOrder(panel),
    line: await firstLine(panel),
    wanted: await panel.locator('.find-input').inputValue({ timeout: 5000 }),
    match: await panel.locator('.find-status').textContent({ timeout: 5000 }),
  };
}

function firstLine(panel: Frame): Promise<string> {
  return panel.evaluate<string>(`(() => {
    const { top } = document.querySelector('.log-viewport').getBoundingClientRect();
    const rows = [...document.querySelectorAll('.log-row')]
      .map((row) => ({ text: row.querySelector('.log-text').textContent, at: row.getBoundingClientRect().bottom }))
      .filter(({ at }) => at > top + 1)
      .sort((a, b) => a.at - b.at);
    return rows[0]?.text ?? '';
  })()`);
}

/** The name that a screen reader says of an element. */
const nameOf = `(one) => {
  const copy = one.cloneNode(true);
  copy.querySelectorAll('[aria-hidden="true"]').forEach((hidden) => hidden.remove());
  const text = one.matches('select, [role="log"]') ? '' : copy.textContent.trim();
  return one.getAttribute('aria-label') ?? (text === '' ? one.title : text);
}`;

export interface Control {
  name: string;
  html: string;
}

/** Everything that takes the focus and is seen. */
export function controlsOf(panel: Frame): Promise<Control[]> {
  return panel.evaluate<Control[]>(`
    [...document.querySelectorAll('button, input, select, iframe, [tabindex], [role^="menuitem"]')]
      .filter((one) => one.checkVisibility())
      .map((one) => ({ name: (${nameOf})(one), html: one.outerHTML.slice(0, 200) }))`);
}

/** Controls whose right edge is beyond the window's. */
export function cutControls(panel: Frame): Promise<Control[]> {
  return panel.evaluate<Control[]>(`
    [...document.querySelectorAll('button, input, select')]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => ({ name: (${nameOf})(one), html: one.outerHTML.slice(0, 200) }))`);
}

export interface Focused {
  name: string;
  /** Its outline, or the border of the box of an input. */
  shows: boolean;
}

/** Presses Tab so many times from the first button on: what has the focus each time. */
export async function tabThrough(page: Page, panel: Frame, times: number): Promise<Focused[]> {
  const seen: Focused[] = [];
  await panel.locator('button').first().focus();
  for (let at = 0; at < times; at += 1) {
    seen.push(await focused(panel));
    await page.keyboard.press('Tab');
  }
  return seen;
}

function focused(panel: Frame): Promise<Focused> {
  return panel.evaluate<Focused>(`(() => {
    const one = document.activeElement;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
    const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && !/, 0\\)$|transparent/.test(outlineColor);
    const box = one.closest('.find-box');
    const boxed = box !== null && getComputedStyle(box).borderColor !== getComputedStyle(box).backgroundColor;
    return { name: (${nameOf})(one), shows: outlined || (one.matches('input') && boxed) };
  })()`);
}
