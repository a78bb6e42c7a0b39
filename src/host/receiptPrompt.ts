import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';
import type { Profile } from '../core/profile';
import type { Receipt, ReceiptAsker } from '../core/receipt';
import { plainText } from './errorMessage';
import type { AskFirst } from './askFirst';

const run = 'Run';
const runAlways = 'Run, and Do Not Ask Again';

/** Asks once before money is spent; a profile with `"askFirst": false` is not asked about. */
export class ReceiptPrompt implements ReceiptAsker {
  constructor(private readonly askFirst: Pick<AskFirst, 'never'>) {}

  async agree(name: string, receipt: Receipt, profile: Profile, signal: AbortSignal, scope: string): Promise<void> {
    if (profile.backend !== 'dataproc' || !profile.askFirst) {
      return;
    }
    const { place, upload, notUploaded, notes, machines, end } = receipt;
    const detail = [place, upload, ...notUploaded, ...notes, ...machines, ...end].join('\n');
    const chosen = await vscode.window.showInformationMessage(
      plainText(`Run ${name} on Google Cloud?`),
      { modal: true, detail: plainText(detail) },
      run,
      runAlways,
    );
    if (chosen === undefined || signal.aborted) {
      throw new CancelledError();
    }
    if (chosen === runAlways) {
      await this.askFirst.never(profile.name, scope);
    }
  }
}
