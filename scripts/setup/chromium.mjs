// A Chromium that Playwright drives: the machine's own.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { run, which } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache } from './paths.mjs';
import { SetupError } from './setupError.mjs';
import { installSystemPackage } from './systemPackage.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'chrome'];

/** @returns {Promise<string>} absolute path of the browser. `CHROMIUM` in the environment wins. */
export async function ensureChromium() {
  const own = process.env['CHROMIUM'];
  if (own !== undefined && own !== '') {
    if (existsSync(own)) {
      return own;
    }
    throw new SetupError(
      `CHROMIUM names ${own}, which does not exist. Set it to a Chromium, Chrome or Edge, or unset it.`,
    );
  }
  const found = await find();
  if (found !== undefined) {
    return found;
  }
  return withLock(path.join(cache, 'setup.lock'), async () => {
    const done =
      (await find()) ??
      ((await installSystemPackage({ apt: ['chromium'], dnf: ['chromium'] })) ? await find() : undefined);
    if (done === undefined) {
      throw new SetupError(
        'No Chromium, Chrome or Edge was found, and it could not be installed from here. Install one of them ' +
          '(Debian: apt-get install chromium; Fedora: dnf install chromium), or set CHROMIUM to its path.',
      );
    }
    return done;
  });
}

async function find() {
  for (const file of [...names.map(which), ...usualPlaces()]) {
    // Ubuntu's chromium-browser may be a stub that only names a snap: ask it.
    if (
      file !== undefined &&
      existsSync(file) &&
      (process.platform === 'win32' || (await run(file, ['--version'])).code === 0)
    ) {
      return file;
    }
  }
  return undefined;
}

function usualPlaces() {
  if (process.platform === 'darwin') {
    const homes = ['/Applications', path.join(process.env['HOME'] ?? '', 'Applications')];
    const apps = ['Google Chrome', 'Chromium', 'Microsoft Edge'];
    return homes.flatMap((home) => apps.map((app) => path.join(home, `${app}.app`, 'Contents', 'MacOS', app)));
  }
  if (process.platform === 'win32') {
    const homes = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) => process.env[name] ?? '');
    const apps = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
    return homes.flatMap((home) => apps.map((app) => path.join(home, app)));
  }
  return ['/opt/google/chrome/chrome', '/snap/bin/chromium', '/usr/lib/chromium/chromium'];
}
