// A headless Chromium, driven by Playwright.
import { chromium } from 'playwright-core';
import { ensureChromium } from '../setup/chromium.mjs';

const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
quiet.push('--disable-component-update', '--disable-sync', '--disable-default-apps', '--mute-audio');
// A page in the background runs its timers as slowly as a hidden one: tests with two windows would wait.
quiet.push('--disable-background-timer-throttling', '--disable-renderer-backgrounding');

/** @returns {Promise<import('playwright-core').Browser>} */
export async function openBrowser() {
  const executablePath = await ensureChromium();
  // Root and most containers have no sandbox for it; nothing but 127.0.0.1 is opened.
  const sandbox = process.platform === 'linux' ? ['--no-sandbox'] : [];
  // The scripts cancel runs before they close it: it must not go at the first Ctrl-C by itself.
  return chromium.launch({
    executablePath,
    args: [...quiet, ...sandbox],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
