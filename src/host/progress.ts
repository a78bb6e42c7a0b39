import * as vscode from 'vscode';

import { plainText } from './errorMessage';

/** Runs work under a notification with a cancel that aborts it. */
export async function withNotification<T>(
  title: string,
  work: (report: (message: string) => void, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title: plainText(title), cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const controller = new AbortController();
    const cancel = token.onCancellationRequested(() => controller.abort());
    try {
      return await work((message) => progress.report({ message: plainText(message) }), controller.signal);
    } finally {
      cancel.dispose();
    }
  });
}

/** Runs work under the moving bar of a view: for what takes seconds and is better not cancelled. */
export async function withViewProgress<T>(viewId: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return await vscode.window.withProgress({ location: { viewId } }, () => work(new AbortController().signal));
}
