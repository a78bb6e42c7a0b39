import { join } from 'node:path';
import * as vscode from 'vscode';

import { AddressBackend } from './address/addressBackend';
import type { DaskApi } from './api';
import { CommandTable } from './commands/commandTable';
import { outputChannelName, type CommandArguments, type CommandId } from './contributions';
import type { BackendKind } from './core/cluster';
import type { Backend } from './core/ports';
import { DataprocOnDemand } from './dataprocOnDemand';
import { ClusterSource } from './explorer/clusterSource';
import { ExplorerView, type ViewPlace } from './explorer/explorerView';
import { KnownRuns } from './explorer/runHistory';
import { RunSource } from './explorer/runSource';
import { exportedApi } from './exportedApi';
import { activeFile } from './host/activeFile';
import { AskFirst } from './host/askFirst';
import { ClusterFilterState } from './host/clusterFilter';
import { CommandBoundary } from './host/commandBoundary';
import { ContextKeys } from './host/contextKeys';
import { envFileOf } from './host/envFileSetting';
import { performErrorAction } from './host/errorActions';
import { InterpreterPrompts } from './host/interpreterPrompts';
import { HostInterpreterSource } from './host/interpreterSource';
import { openSettings } from './host/openSettings';
import { ProfileDiagnostics } from './host/profileDiagnostics';
import { ProfileProblems } from './host/profileProblems';
import { RunDiagnostics } from './host/runDiagnostics';
import { ReceiptPrompt } from './host/receiptPrompt';
import { followTakenUp, RunFollower } from './host/runFollower';
import { logRuns } from './host/runLog';
import { RunStatusBar } from './host/runStatusBar';
import { SavedState } from './host/savedState';
import { Settings } from './host/settings';
import { SignedInAccount } from './host/signedInAccount';
import { writeProfile } from './host/writeProfile';
import { checkoutsOnDemand, DashboardsOnDemand, environmentsOnDemand, onDemand } from './loadOnDemand';
import { LocalBackend } from './local/localBackend';
import { ActivatedEnvironments } from './machine/activatedEnvironments';
import { Interpreters } from './machine/interpreter';
import { RunnerPackage } from './machine/runnerPackage';
import { Zygotes } from './machine/zygotes';
import { ClusterPanels } from './panel/clusterPanels';
import { panelServices } from './panelServices';
import { ClusterModel } from './run/clusterModel';
import { hostProcesses } from './run/hostProcesses';
import { readyZygote } from './readyZygote';
import { RunService } from './run/runService';
import { RunStore } from './run/runStore';
import { HttpSchedulerClient } from './scheduler/httpSchedulerClient';

const execute = <C extends CommandId>(id: C, ...args: CommandArguments[C]): void =>
  void vscode.commands.executeCommand(id, ...args);

export interface ServicesParts {
  context: vscode.ExtensionContext;
  /** Where VS Code shows the views. */
  places: Readonly<Record<'clusters' | 'runs', ViewPlace>>;
}

/** The composition root: builds everything, and registers what extension.ts has not: that hands on what it is asked. */
export class Services {
  readonly api: DaskApi;
  readonly views: Readonly<Record<'clusters' | 'runs', ExplorerView>>;
  readonly #boundary: CommandBoundary;
  readonly #table: CommandTable;
  readonly #runs: RunService;
  readonly #prepareRun: () => Promise<void>;
  readonly #panels: ClusterPanels;

  constructor({ context, places }: ServicesParts) {
    const storage = context.globalStorageUri.fsPath;
    const log = vscode.window.createOutputChannel(outputChannelName, { log: true });
    const settings = new Settings();
    const state = new SavedState({
      global: context.globalState,
      workspace: context.workspaceState,
      secrets: context.secrets,
    });

    const runner = new RunnerPackage(join(context.extensionPath, 'python', 'dask_runner'), storage);
    const pythons = new Interpreters(runner);
    const environments = environmentsOnDemand(storage, pythons);
    const boundary = new CommandBoundary(log, (action) => performErrorAction(action, prompts));
    const prompts: InterpreterPrompts = new InterpreterPrompts(settings, state, boundary, () => interpreters);
    const interpreters = new HostInterpreterSource(pythons, environments, prompts, log);

    const scheduler = new HttpSchedulerClient();
    const dashboards = new DashboardsOnDemand(log);
    const activated = new ActivatedEnvironments(log);
    const zygotes = new Zygotes(storage, runner, log);
    const local = new LocalBackend({ storage, runner, zygotes, environments: activated, logger: log });
    const address = new AddressBackend({ storage, runner, client: scheduler, environments: activated, logger: log });
    const dataproc = new DataprocOnDemand({
      storage,
      runner,
      logger: log,
      profiles: () => settings.dataprocProfiles(),
      signIn: () => settings.signIn,
      installation: `${vscode.env.machineId} ${storage}`,
    });
    const backends: readonly Backend[] = [local, address, dataproc];
    const backend = (kind: BackendKind): Backend => backends.find((one) => one.kind === kind) ?? local;

    const userFolder = vscode.Uri.joinPath(context.globalStorageUri, '..', '..');
    const askFirst = new AskFirst((...where) => onDemand().setInProfile(...where), userFolder);
    const receipts = new ReceiptPrompt(askFirst);
    const clusters = new ClusterModel(backends, scheduler, log);
    const store = new RunStore(storage, log);
    const runs = new RunService({
      storage,
      backends,
      profiles: { find: (name, scope) => settings.profile(name, scope) },
      interpreters,
      receipts,
      processes: hostProcesses,
      store,
      logger: log,
      envFile: envFileOf,
      markWorkers: (folder) => settings.get('dask.output.markWorkers', folder),
      userFolders: () => (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath),
    });

    const panels = new ClusterPanels(
      panelServices({
        context,
        clusters,
        runs,
        backend,
        dashboards,
        scheduler,
        log,
        failed: (what, error) => boundary.report(what, error),
        execute,
      }),
    );
    const diagnostics = new RunDiagnostics();
    const follower = new RunFollower(() => panels, diagnostics, boundary);
    const taking = followTakenUp(runs, follower);
    const statusBar = new RunStatusBar(runs, clusters);
    const filter = new ClusterFilterState(state);
    const lookForClusters = (): void => void boundary.run('Looking for clusters', () => clusters.refresh());
    const contextKeys = new ContextKeys(runs, clusters, lookForClusters, settings, filter);
    const signedIn = new SignedInAccount(settings, dataproc.accounts, log);
    const signInChanged = (): void => {
      dataproc.signInChanged();
      signedIn.lookAgain();
    };
    const problems = new ProfileProblems(settings, boundary);
    const profileDiagnostics = new ProfileDiagnostics(settings, (...where) => onDemand().findInProfile(...where));
    const reconciled = boundary.run('Taking up runs', async () => {
      await runs.reconcile();
      statusBar.update();
      contextKeys.updateRuns();
    });

    void reconciled.then(() => boundary.run('Looking for clusters', () => clusters.refresh()));

    const runName = (id: string): string | undefined => runs.runs().find((run) => run.id === id)?.record.name;
    const clusterView = new ExplorerView(
      places.clusters,
      new ClusterSource(clusters, Date.now, runName, filter, signedIn),
      'dask.explorer.openCluster',
    );
    const runView = new ExplorerView(
      places.runs,
      new RunSource(new KnownRuns(runs, store, reconciled)),
      'dask.explorer.openRun',
    );
    const table = new CommandTable({
      runs,
      store,
      clusters,
      backend,
      attachments: address,
      google: { accounts: dataproc.accounts, places: dataproc.places, signInChanged },
      checkouts: checkoutsOnDemand(storage, () => settings.gitPath),
      receipts,
      filter,
      interpreters,
      dashboards,
      panels: () => panels,
      settings,
      addProfile: (...profile) => writeProfile(onDemand().insertProfile, ...profile),
      openSettings: (target) => openSettings(settings, onDemand().findSetting, target),
      state,
      follower,
      boundary,
      views: {
        openCluster: () => clusterView.openSelected(),
        openRun: () => runView.openSelected(),
        refresh: async () => {
          await Promise.all([clusterView.refresh(), runView.refresh()]);
        },
      },
      log,
    });
    problems.check();
    const { version } = context.extension.packageJSON as { version: string };
    log.info(`Dask Cluster Explorer ${version}`);

    context.subscriptions.push(
      logRuns(runs, log),
      table,
      clusterView,
      runView,
      problems,
      profileDiagnostics,
      contextKeys,
      filter,
      signedIn,
      settings.onDidChange((id) => {
        if (id.startsWith('dask.google.')) {
          signInChanged();
        }
      }),
      statusBar,
      taking,
      diagnostics,
      panels,
      clusters,
      local,
      address,
      dataproc,
      dashboards,
      scheduler,
      store,
      settings,
      log,
    );
    this.api = exportedApi({ runs, clusters, settings, follower });
    this.views = { clusters: clusterView, runs: runView };
    this.#prepareRun = () =>
      readyZygote({ zygotes, interpreters, environments: activated, settings, log }, activeFile()?.fsPath);
    this.#panels = panels;
    this.#boundary = boundary;
    this.#table = table;
    this.#runs = runs;
  }

  /** Runs a command. Its errors are shown, never thrown. */
  run(id: CommandId, args: unknown[]): Promise<unknown> {
    return this.#boundary.run(id, () => this.#table.run(id, args));
  }

  /** Brings a panel back after a reload of the window. */
  restorePanel(...restored: Parameters<ClusterPanels['restore']>): void {
    this.#panels.restore(...restored);
  }

  /** Has a process ready that the next run is forked from. */
  prepareRun(): void {
    void this.#prepareRun();
  }

  /** Runs go on without this window; the next activation takes them up. */
  leave(): Promise<void> {
    return this.#runs.dispose();
  }
}
