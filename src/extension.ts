import { createRequire } from 'node:module';
import * as vscode from 'vscode';

import type { DaskApi } from './api';
import { commands, outputChannelName, type CommandId } from './contributions';
import type * as ServicesBundle from './services';
import type { Services } from './services';

let built: Services | undefined;
/** Why there are no services. They are not built twice: half of them may be registered already. */
let failure: { error: unknown } | undefined;

/**
 * Registers the commands, and no more: VS Code waits for this. Services are a bundle of their own, which is
 * loaded right after, or before that by a command or a call of the API.
 */
export function activate(context: vscode.ExtensionContext): DaskApi {
  const services = (): Services => {
    if (failure) {
      throw failure.error;
    }
    try {
      built ??= new (load().Services)(context);
    } catch (error) {
      failure = { error };
      throw error;
    }
    return built;
  };
  /** Undefined after a failure, which is shown then: also for a command that somebody tries once more. */
  const shown = (): Services | undefined => {
    try {
      return services();
    } catch (error) {
      show(error, context);
      return undefined;
    }
  };
  for (const id of Object.keys(commands) as CommandId[]) {
    const run = (...args: unknown[]): unknown => shown()?.run(id, args);
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
  const soon = setImmediate(shown);
  context.subscriptions.push({ dispose: () => clearImmediate(soon) });
  return {
    version: 1,
    runFile: (...args) => services().api.runFile(...args),
    runs: () => services().api.runs(),
    clusters: () => services().api.clusters(),
  };
}

/** Lets go of the runs: they go on, and the next window takes them up. */
export async function deactivate(): Promise<void> {
  await built?.leave();
}

function show(error: unknown, context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel(outputChannelName, { log: true });
  context.subscriptions.push(log);
  log.error('The extension cannot start:', error instanceof Error ? (error.stack ?? error.message) : String(error));
  const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  const text = `Dask Cluster Explorer cannot start: ${reason.replace(/\.?$/, '.')} Runs go on without it. Reload the window; if that does not help, install the extension again.`;
  const [reload, showLog] = ['Reload Window', 'Show Log'];
  // A link in the text of others is none here.
  void vscode.window.showErrorMessage(text.replaceAll('](', '] ('), reload, showLog).then((chosen) => {
    if (chosen === reload) {
      void vscode.commands.executeCommand('workbench.action.reloadWindow');
    } else if (chosen === showLog) {
      log.show();
    }
  });
}

function load(): typeof ServicesBundle {
  return createRequire(__filename)('./services.js') as typeof ServicesBundle;
}
