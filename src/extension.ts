import * as vscode from 'vscode';

import { PythonKey } from './activation/pythonKey';
import { PythonWork } from './activation/pythonWork';
import { ServicesOnDemand } from './activation/servicesOnDemand';
import { StandIn } from './activation/standIn';
import { ViewOnDemand } from './activation/viewOnDemand';
import type { DaskApi } from './api';
import { commands, panelViewType, views, type CommandId } from './contributions';
import type { Row } from './explorer/rows';

let services: ServicesOnDemand | undefined;

/**
 * Registers commands, views and the panel, and no more: VS Code waits for this, and so does each extension that wants
 * the API. The services are a bundle of their own, which is loaded by the first of them that somebody uses, or by what
 * `StandIn` finds.
 */
export function activate(context: vscode.ExtensionContext): DaskApi {
  const storage = context.globalStorageUri.fsPath;
  const places = {
    clusters: new ViewOnDemand<Row>(views.clusters, () => onDemand.shown()?.views.clusters),
    runs: new ViewOnDemand<Row>(views.runs, () => onDemand.shown()?.views.runs),
  };
  const onDemand: ServicesOnDemand = new ServicesOnDemand({ context, places }, () => standIn.dispose());
  const standIn: StandIn = new StandIn(storage, () => onDemand.shown());
  services = onDemand;
  for (const id of Object.keys(commands) as CommandId[]) {
    const run = (...args: unknown[]): unknown => onDemand.shown()?.run(id, args);
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
  context.subscriptions.push(
    places.clusters,
    places.runs,
    vscode.window.registerWebviewPanelSerializer(panelViewType, {
      // What went wrong is shown, and in the panel too.
      deserializeWebviewPanel: (panel, state: unknown) =>
        Promise.resolve().then(() => (onDemand.shown() ?? onDemand.get()).restorePanel(panel, state)),
    }),
    new PythonKey(),
    new PythonWork(() => onDemand.shown()?.prepareRun()),
    standIn,
  );
  return {
    version: 1,
    runFile: (...args) => onDemand.get().api.runFile(...args),
    runs: () => onDemand.get().api.runs(),
    clusters: () => onDemand.get().api.clusters(),
  };
}

/** Lets go of the runs: they go on, and the next window takes them up. */
export async function deactivate(): Promise<void> {
  await services?.leave();
}
