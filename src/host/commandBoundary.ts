import * as vscode from 'vscode';

import { isCancelled, type ErrorAction, type ErrorButton } from '../core/errors';
import { errorMessage, plainText } from './errorMessage';

/**
 * Where every command begins and every error ends: it is logged with its stack, worded, and shown with
 * its buttons. A cancel is silent.
 */
export class CommandBoundary {
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly perform: (action: ErrorAction) => Promise<void>,
  ) {}

  /** Runs work that nobody waits for the errors of. Its result, or undefined after an error. */
  async run<T>(name: string, work: () => T): Promise<Awaited<T> | undefined> {
    try {
      return await work();
    } catch (error) {
      this.report(name, error);
      return undefined;
    }
  }

  /** Logs and shows an error. Returns at once: a message may stay for long. */
  report(name: string, error: unknown): void {
    if (isCancelled(error)) {
      this.log.debug(`${name}: cancelled`);
      return;
    }
    this.log.error(`${name}:`, error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (error instanceof Error && error.cause !== undefined) {
      this.log.error(
        'Caused by:',
        error.cause instanceof Error ? (error.cause.stack ?? '') : JSON.stringify(error.cause),
      );
    }
    const { text, buttons } = errorMessage(error);
    void this.show('error', text, buttons);
  }

  /** Shows a message with buttons, and does what the chosen one says. */
  async show(kind: 'error' | 'warning' | 'information', text: string, buttons: readonly ErrorButton[]): Promise<void> {
    const titles = buttons.map((button) => button.title);
    const chosen = await showMessage(kind, plainText(text), titles);
    const button = buttons.find(({ title }) => title === chosen);
    if (button !== undefined) {
      await this.run(button.title, () => this.perform(button.action));
    }
  }
}

function showMessage(
  kind: 'error' | 'warning' | 'information',
  text: string,
  titles: string[],
): Thenable<string | undefined> {
  switch (kind) {
    case 'error':
      return vscode.window.showErrorMessage(text, ...titles);
    case 'warning':
      return vscode.window.showWarningMessage(text, ...titles);
    case 'information':
      return vscode.window.showInformationMessage(text, ...titles);
  }
}
