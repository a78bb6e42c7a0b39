// npm start with a window: in the browser, or the desktop's VS Code.
import path from 'node:path';
import { startBrowserEditor, workbenchUrl } from '../editor/browserEditor.mjs';
import { endClusters, storageFolder } from '../editor/endClusters.mjs';
import { writeSettings } from '../editor/settings.mjs';
import { lastLines, run, which } from '../setup/command.mjs';
import { SetupError } from '../setup/setupError.mjs';
import { examples, prepare, prepareCloud } from './home.mjs';
import { onParentEnd } from './parentEnd.mjs';

const clicks = `Then three clicks:
  1. Open futures.py in the file list.
  2. Right-click in the editor, and choose Run on Dask.
  3. Click the Dask icon at the left: the cluster, its workers and the run.`;

/** Somebody who tries the product sees what a new user sees: VS Code's page of welcome, which has our walkthrough. */
const welcome = {
  'workbench.startupEditor': 'welcomePage',
  'workbench.welcomePage.walkthroughs.openOnInstall': true,
};

/** @param {'emulator' | undefined} cloud */
export async function browser(cloud) {
  const stopped = stopSignal();
  const { home, python, vsix, settings } = await prepare(cloud === undefined ? 'start' : 'start-cloud');
  const google = await prepareCloud(cloud, python, { askFirst: true });
  console.log('Starting VS Code');
  const editor = await startBrowserEditor({
    ...{ home, vsix, port: 8790, env: google.env },
    settings: { ...welcome, ...settings, ...google.settings },
  });
  console.log(`\nOpen ${workbenchUrl(editor, { folder: examples })}\n\n${clicks}\n\nCtrl-C here stops everything.`);
  await stopped;
  console.log('\nStopping');
  await editor.stop();
  await endClusters(storageFolder(path.join(home, 'user-data')));
  await google.stop();
  return 0;
}

export async function desktop() {
  const code = which('code');
  if (code === undefined) {
    throw new SetupError(
      "There is no code on PATH. Install VS Code, and in it run “Shell Command: Install 'code' command in PATH”; " +
        'or use npm start, which needs none.',
    );
  }
  const { home, vsix, settings } = await prepare('desktop');
  const folders = ['--user-data-dir', path.join(home, 'user-data'), '--extensions-dir', path.join(home, 'extensions')];
  await writeSettings(path.join(home, 'user-data'), { ...welcome, ...settings });
  const installed = await run(code, [...folders, '--install-extension', vsix, '--force']);
  if (installed.code !== 0) {
    throw new SetupError(`Installing the extension failed:\n${lastLines(installed)}`);
  }
  console.log(`Opening VS Code.\n\n${clicks}\n\nClose the window to end.`);
  const { code: exitCode } = await run(
    code,
    [...folders, '--disable-workspace-trust', '--wait', '--new-window', examples],
    { show: true },
  );
  await endClusters(storageFolder(path.join(home, 'user-data')));
  return exitCode ?? 1;
}

/** Resolves at Ctrl-C or SIGTERM, and when `npm` has gone. A second one ends this process at once. */
export function stopSignal() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => resolve(signal));
    }
    onParentEnd(() => resolve('SIGTERM'));
  });
}
