import * as vscode from 'vscode';

import type { InterpreterInfo } from '../machine/interpreter';
import { plainText } from './errorMessage';
import type { MissingDaskAnswer } from './interpreterSource';

/** Asks what to do about an interpreter that lacks Dask, without keeping the user from working on. */
export async function askAboutMissingDask(
  info: InterpreterInfo,
  missing: readonly string[],
  signal: AbortSignal,
): Promise<MissingDaskAnswer> {
  // Short ones: a message has room for about fifty letters of buttons, and cuts the rest.
  const install = 'Install Dask';
  const managed = 'Managed Environment';
  const other = 'Choose Another Python';
  // An error message stays until it is answered, others go away while the run waits.
  const question = vscode.window.showErrorMessage(
    plainText(
      `${list(missing)} ${missing.length === 1 ? 'is' : 'are'} not installed in ${info.executable} (${info.version}). Install into that environment, leave it as it is and use one that is built for Dask, or choose another Python. Close this message to cancel the run.`,
    ),
    install,
    managed,
    other,
  );
  switch (await untilAborted(question, signal)) {
    case install:
      return 'install';
    case managed:
      return 'managedEnvironment';
    case other:
      return 'chooseAnother';
    default:
      return undefined;
  }
}

/** Says once for each interpreter that plots need bokeh. True when it is to be installed now. */
export async function hintMissingPlots(info: InterpreterInfo): Promise<boolean> {
  const install = 'Install bokeh';
  const chosen = await vscode.window.showInformationMessage(
    plainText(
      `The dashboard has no plots, because bokeh is not installed in ${info.executable}. Runs work without it.`,
    ),
    install,
  );
  return chosen === install;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

function untilAborted<T>(work: Thenable<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) {
      end();
      return;
    }
    signal.addEventListener('abort', end, { once: true });
    work.then((value) => {
      signal.removeEventListener('abort', end);
      resolve(value);
    }, reject);
  });
}
