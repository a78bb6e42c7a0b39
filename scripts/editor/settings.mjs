// A quiet editor: nothing on the screen but the product.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const quiet = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/**
 * Writes settings.json of a user folder. What is there already, a user has chosen: it is kept.
 * @param {string} folder the `User` folder
 * @param {Record<string, unknown>} more settings besides the quiet ones
 */
export async function writeSettings(folder, more = {}) {
  const file = path.join(folder, 'settings.json');
  await mkdir(folder, { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '{}');
  let present;
  try {
    present = JSON.parse(text);
  } catch {
    return; // It has comments: a person has been at it.
  }
  await writeFile(file, `${JSON.stringify({ ...quiet, ...more, ...present }, null, 2)}\n`);
}
