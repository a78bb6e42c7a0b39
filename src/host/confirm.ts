import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';

/** Asks before something that cannot be undone. @throws CancelledError unless `button` is chosen */
export async function confirm(question: string, detail: string, button: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(question, { modal: true, detail }, button);
  if (chosen !== button) {
    throw new CancelledError();
  }
}
