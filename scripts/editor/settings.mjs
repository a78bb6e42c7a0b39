// A quiet editor: nothing on the screen but the product.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const quiet = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'git.openRepositoryInParentFolders': 'never',
  // VS Code speaks of it once there are many, whoever opened them. The product does without.
  'remote.autoForwardPorts': false,
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

/** Settings of the machine that files are on: a browser's window takes them from there only. */
const ofMachine = ['dask.python.interpreter'];

/**
 * Writes the settings of an editor. What is there already, a user has chosen: it is kept.
 * @param {string} userData the editor's user data folder
 * @param {Record<string, unknown>} more settings besides the quiet ones
 */
export async function writeSettings(userData, more = {}) {
  const isOfMachine = ([name]) => ofMachine.includes(name);
  const own = Object.entries(more);
  await merge(path.join(userData, 'User', 'settings.json'), { ...quiet, ...Object.fromEntries(own) });
  await merge(path.join(userData, 'Machine', 'settings.json'), Object.fromEntries(own.filter(isOfMachine)));
}

async function merge(file, values) {
  await mkdir(path.dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '{}');
  let present;
  try {
    present = JSON.parse(text);
  } catch {
    return; // It has comments: a person has been at it.
  }
  await writeFile(file, `${JSON.stringify({ ...values, ...present }, null, 2)}\n`);
}
