import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { newRunId } from '../../src/run/runId';
import { Editor, type EditorWindow } from '../host/support/editor';
import { settings, until } from '../host/windows/product';
import { openDask, panelShows, rows, screenshot } from './screen';

/** Yesterday, the day before, and 20 days before that. */
const runsOfDays = [40, 100, ...Array.from({ length: 20 }, () => 43)];
const total = runsOfDays.reduce((sum, count) => sum + count);

describe('A history of a thousand runs', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start({ settings });
    for (const [index, count] of runsOfDays.entries()) {
      for (let number = 0; number < count; number += 1) {
        writeRun(editor, index + 1, number);
      }
    }
    window = await editor.openWindow();
    window.page.setDefaultTimeout(30_000);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('history');
    }
  });
  after(() => editor.dispose());

  const row = (text: string | RegExp): Locator => rows(window.page, 'Runs').filter({ hasText: text });

  /** Goes to the end of the list, which may still be growing. */
  const endSays = (text: RegExp): Promise<void> =>
    until(`the end to say ${String(text)}`, async () => {
      await window.page.keyboard.press('End');
      return row(text).isVisible();
    });

  it('is drawn by days, the newest first, each run with how it ended', async () => {
    assert.equal(total, 1000);
    const { page } = window;
    await openDask(page);
    await row(/Yesterday40 runs/).waitFor();
    const [day, newest, before] = await rows(page, 'Runs').allInnerTexts();
    assert.match(day ?? '', /^Yesterday/);
    assert.match(newest ?? '', /^job39\.py/);
    assert.match(before ?? '', /^job38\.py/);
    await row('job39.py').locator('.codicon-pass').waitFor();
    await row('job38.py').filter({ hasText: 'Failed with exit code 3' }).locator('.codicon-error').waitFor();
    await row('job37.py').filter({ hasText: 'Cancelled' }).locator('.codicon-circle-slash').waitFor();
    await screenshot(page, 'history');
  });

  it('folds a day, and shows more runs at its end', async () => {
    const { page } = window;
    await row('Yesterday').click();
    await page.keyboard.press('ArrowLeft');
    await row('job39.py').waitFor({ state: 'detached' });
    await endSays(/Show More900 more/);
    await screenshot(page, 'history-end');
    for (const left of [800, 700]) {
      await row('Show More').click();
      await endSays(new RegExp(`Show More${left} more`));
    }
    await page.keyboard.press('Home');
    await row(/Yesterday40 runs/).waitFor();
    // The second day is whole by now.
    await row(/100 runs/).waitFor();
    await screenshot(page, 'history-more');
  });

  it('keeps the output of each run', async () => {
    const { page } = window;
    await row('Yesterday').click();
    await page.keyboard.press('ArrowRight');
    await row('job39.py').first().click();
    await panelShows(page, /output of job39\.py/);
    await screenshot(page, 'history-log');
  });
});

/** A run that was over so many days ago, as the extension leaves it: docs/architecture.md. */
function writeRun(editor: Editor, daysAgo: number, number: number): void {
  const noon = new Date();
  noon.setHours(12, 0, number, 0);
  noon.setDate(noon.getDate() - daysAgo);
  const createdAt = noon.getTime();
  const at = noon.toISOString();
  const id = newRunId(createdAt);
  const name = `job${String(number).padStart(2, '0')}.py`;
  const folder = path.join(editor.storage, 'runs', id);
  const target = { kind: 'file', path: path.join(editor.workspace, name) };
  const request = { target, profile: 'test', args: [], environment: {} };
  const cluster = { backend: 'local', id };
  const times = { startedAt: createdAt + 1000, endedAt: createdAt + 4000 };
  const ends = [
    { state: 'cancelled', signal: 'SIGTERM' },
    { state: 'failed', exitCode: 3 },
    { state: 'succeeded', exitCode: 0 },
  ];
  const entries = [
    { at, act: 'createCluster', cluster, name: 'test', interpreter: '/python' },
    { at, act: 'submit', cluster, name: 'test', reused: false, interpreter: '/python', release: true },
    { at, act: 'submitted', startedAt: times.startedAt },
    { at, act: 'ended', ...times, ...ends[(number + 2) % 3] },
    { at, act: 'released' },
  ];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, 'intent.json'), JSON.stringify({ version: 1, id, createdAt: at, name, request }));
  writeFileSync(path.join(folder, 'journal.jsonl'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  writeFileSync(path.join(folder, 'output.log'), `output of ${name}\n`);
}
