import { createRequire } from 'node:module';
import * as vscode from 'vscode';

import type { DaskApi } from './api';
import { commands, type CommandId } from './contributions';
import type * as ServicesBundle from './services';
import type { Services } from './services';

let built: Services | undefined;

/**
 * Registers the commands, and no more: VS Code waits for this. Services are a bundle of their own, which is
 * loaded right after, or before that by a command or a call of the API.
 */
export function activate(context: vscode.ExtensionContext): DaskApi {
  const services = (): Services => {
    built ??= new (load().Services)(context);
    return built;
  };
  for (const id of Object.keys(commands) as CommandId[]) {
    const run = (...args: unknown[]): unknown => services().run(id, args);
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
  const soon = setImmediate(services);
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

function load(): typeof ServicesBundle {
  return createRequire(__filename)('./services.js') as typeof ServicesBundle;
}
