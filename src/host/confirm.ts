import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';
import { plainText } from './errorMessage';

/** Asks before something that cannot be undone. @throws CancelledError unless `button` is chosen */
export async function confirm(question: string, detail: string, button: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(
    plainText(question),
    { modal: true, detail: plainText(detail) },
    button,
  );
  if (chosen !== button) {
    throw new CancelledError();
  }
}
