import type * as vscode from 'vscode';

import type { CommandArguments, CommandId } from './contributions';
import type { BackendKind } from './core/cluster';
import type { Backend, DashboardAccess, Logger, SchedulerClient } from './core/ports';
import type { PanelServices } from './panel/panelPorts';
import { PanelModelOfRuns } from './panelModel';
import type { ClusterModel } from './run/clusterModel';
import type { RunService } from './run/runService';

/** What the panel is given. Its buttons are commands, so that their errors are shown at the one boundary. */
export function panelServices(parts: {
  context: Pick<vscode.ExtensionContext, 'extensionUri' | 'globalState' | 'workspaceState'>;
  clusters: ClusterModel;
  runs: RunService;
  backend: (kind: BackendKind) => Backend;
  dashboards: DashboardAccess;
  scheduler: SchedulerClient;
  log: Logger;
  failed: (what: string, error: unknown) => void;
  execute: <C extends CommandId>(id: C, ...args: CommandArguments[C]) => void;
}): PanelServices {
  const { context, clusters, runs, backend, dashboards, scheduler, log, failed, execute } = parts;
  return {
    extensionUri: context.extensionUri,
    model: new PanelModelOfRuns(clusters, runs),
    backends: {
      scheduler: (ref, signal) => backend(ref.backend).scheduler(ref, signal),
      logs: (ref, signal) => backend(ref.backend).logs(ref, signal),
    },
    actions: {
      rerun: (runId) => execute('dask.run.rerun', { runId }),
      cancel: (runId) => execute('dask.run.cancel', { runId }),
      openReport: (runId) => execute('dask.run.openReport', { runId }),
      openRunFolder: (runId) => execute('dask.run.openFolder', { runId }),
      showExtensionLog: () => execute('dask.log.show'),
    },
    dashboards,
    schedulerClient: scheduler,
    global: context.globalState,
    workspace: context.workspaceState,
    failed,
    log,
  };
}
