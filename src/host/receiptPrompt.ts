import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';
import type { Profile } from '../core/profile';
import type { Receipt, ReceiptAsker } from '../core/receipt';
import { plainText } from './errorMessage';
import type { AskFirst } from './askFirst';

const create = 'Create Cluster';
const run = 'Run';
const runAlways = 'Run, and Do Not Ask Again';

/** Asks once before money is spent; a profile with `"askFirst": false` is not asked about. */
export class ReceiptPrompt implements ReceiptAsker {
  constructor(private readonly askFirst: Pick<AskFirst, 'never'>) {}

  async agree(name: string, receipt: Receipt, profile: Profile, signal: AbortSignal, scope: string): Promise<void> {
    if (profile.backend !== 'dataproc' || !profile.askFirst) {
      return;
    }
    if ((await ask(`Run ${name} on Google Cloud?`, receipt, signal, run, runAlways)) === runAlways) {
      await this.askFirst.never(profile.name, scope);
    }
  }

  /** Likewise before a cluster is made by hand. @throws CancelledError where it is not wanted */
  async agreeToCluster(receipt: Receipt, profile: Profile, signal: AbortSignal): Promise<void> {
    if (profile.backend === 'dataproc' && profile.askFirst) {
      await ask(`Create a cluster of the profile ${profile.name} on Google Cloud?`, receipt, signal, create);
    }
  }
}

async function ask(
  question: string,
  { place, upload, notUploaded, notes, machines, end }: Receipt,
  signal: AbortSignal,
  ...buttons: string[]
): Promise<string> {
  const lines = [place, upload, ...notUploaded, ...notes, ...machines, ...end].filter((line) => line !== undefined);
  const chosen = await vscode.window.showInformationMessage(
    plainText(question),
    { modal: true, detail: plainText(lines.join('\n')) },
    ...buttons,
  );
  if (chosen === undefined || signal.aborted) {
    throw new CancelledError();
  }
  return chosen;
}
