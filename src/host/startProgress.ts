import * as vscode from 'vscode';

import { terminalRunStates } from '../core/run';
import type { Run } from '../run/run';
import { plainText } from './errorMessage';

/** A warm start is over before anybody could read about it. */
const quietMilliseconds = 400;

/**
 * Shows how a run's cluster starts, until its file runs.
 *
 * @param cancel is what the notification's button does; its errors are its own to show
 */
export async function showStart(run: Run, cancel: () => void): Promise<void> {
  const starts = (): boolean => run.state !== 'running' && !terminalRunStates.includes(run.state);
  await settled(run, () => !starts(), quietMilliseconds);
  if (!starts()) {
    return;
  }
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: plainText(run.record.name), cancellable: true },
    async (progress, token) => {
      const report = (): void => progress.report({ message: plainText(run.record.progress ?? 'Starting') });
      const changes = run.onDidChange(report);
      const cancels = token.onCancellationRequested(cancel);
      report();
      try {
        await settled(run, () => !starts());
      } finally {
        changes.dispose();
        cancels.dispose();
      }
    },
  );
}

/** Resolves once `done` holds, or after `limit` milliseconds where that is given. */
function settled(run: Run, done: () => boolean, limit?: number): Promise<void> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(timer);
      changes.dispose();
      resolve();
    };
    const changes = run.onDidChange(() => {
      if (done()) {
        end();
      }
    });
    if (done()) {
      end();
    } else if (limit !== undefined) {
      timer = setTimeout(end, limit);
    }
  });
}
