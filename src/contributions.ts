import type { Uri } from 'vscode';

import type { ClusterRef } from './core/cluster';
import type { JobRef } from './core/job';

/**
 * Everything that package.json contributes, typed once. A unit test holds it against package.json in
 * both directions. Commands name the fields that they need: whatever has those fields may be passed,
 * a row of a tree among others.
 */
export const extensionId = 'daskexplorer.dask-cluster-explorer';

export const viewContainer = 'dask';

export const views = { clusters: 'dask.clusters', runs: 'dask.runs' } as const;

/** View type of the panel: `onWebviewPanel:dask.cluster` brings it back after a reload. */
export const panelViewType = 'dask.cluster';

/** The Dask output channel, as VS Code lists it. */
export const outputChannelName = 'Dask';

export interface FileTarget {
  uri: Uri;
}

export interface ScriptTarget extends FileTarget {
  /** Arguments of the script, as it finds them in `sys.argv[1:]`. */
  args?: readonly string[];
}

export interface FunctionTarget {
  /** `module:function`, as `jobs.etl:run`; absent: asked for. */
  function?: string;
  /** Folder that holds the top package, or whose `src` does; absent: the workspace's. */
  folder?: Uri;
  /** Arguments by name, as on a command line: `['--year', '2026']`. */
  args?: readonly string[];
}

export interface GitTarget {
  /** URL or whole path; absent: asked for. */
  repository?: string;
  /** Branch, tag or commit; absent: the default branch. */
  ref?: string;
  /** A file of it, `jobs/etl.py`, or `module:function`; absent: asked for, with what follows. */
  run?: string;
  profile?: string;
  args?: readonly string[];
}

export interface RunTarget {
  runId: string;
}

export interface ClusterTarget {
  cluster: ClusterRef;
}

export interface JobTargetRef {
  job: JobRef;
}

/** Where a settings file is to be shown: a path below the setting, e.g. `['big', 'workers', 'count']`. */
export interface SettingsTarget {
  setting: SettingId;
  path?: readonly (string | number)[];
}

/**
 * Arguments of each command. All may be left out: the palette passes none, and the command asks.
 * Menus of files and editors pass the file, and what else is selected.
 */
export interface CommandArguments {
  'dask.run.file': [target?: Uri | ScriptTarget, selected?: unknown];
  'dask.run.fileWithOptions': [target?: Uri | FileTarget, selected?: unknown];
  'dask.run.function': [target?: FunctionTarget];
  'dask.run.fromGit': [target?: GitTarget];
  'dask.run.cancel': [target?: RunTarget];
  'dask.run.rerun': [target?: RunTarget];
  'dask.run.showLogs': [target?: RunTarget];
  'dask.run.openFile': [target?: RunTarget];
  'dask.run.openFolder': [target?: RunTarget];
  'dask.run.openReport': [target?: RunTarget];
  'dask.run.delete': [target?: RunTarget];
  'dask.cluster.create': [];
  'dask.cluster.attach': [];
  'dask.cluster.runFile': [target?: ClusterTarget];
  'dask.cluster.detach': [target?: ClusterTarget];
  'dask.cluster.delete': [target?: ClusterTarget];
  'dask.cluster.remove': [target?: ClusterTarget];
  'dask.cluster.resize': [target?: ClusterTarget];
  'dask.cluster.stop': [target?: ClusterTarget];
  'dask.cluster.start': [target?: ClusterTarget];
  'dask.cluster.restartWorkers': [target?: ClusterTarget];
  'dask.cluster.openDashboard': [target?: ClusterTarget];
  'dask.cluster.openDashboardInBrowser': [target?: ClusterTarget];
  'dask.cluster.showLogs': [target?: ClusterTarget];
  'dask.job.cancel': [target?: JobTargetRef];
  'dask.job.showLogs': [target?: JobTargetRef];
  'dask.profile.select': [];
  'dask.profile.create': [];
  'dask.profile.openSettings': [target?: SettingsTarget];
  'dask.google.selectAccount': [];
  'dask.log.show': [];
  'dask.refresh': [];
  'dask.explorer.filterClusters': [];
  'dask.explorer.changeFilter': [];
  'dask.explorer.openCluster': [];
  'dask.explorer.openRun': [];
}

export type CommandId = keyof CommandArguments;

/** In the order of the palette. `hidden` commands are called by rows and buttons only. */
export const commands: Readonly<Record<CommandId, { title: string; icon?: string; hidden?: true }>> = {
  'dask.run.file': { title: 'Run on Dask', icon: 'run-all' },
  'dask.run.fileWithOptions': { title: 'Run on Dask with Options…', icon: 'settings' },
  'dask.run.function': { title: 'Run Function on Dask…' },
  'dask.run.fromGit': { title: 'Run from Git on Dask…' },
  'dask.run.cancel': { title: 'Cancel Run', icon: 'stop-circle' },
  'dask.run.rerun': { title: 'Run Again', icon: 'debug-rerun' },
  'dask.run.showLogs': { title: 'Show Run Log', icon: 'output' },
  'dask.run.openFile': { title: 'Go to File', icon: 'go-to-file' },
  'dask.run.openFolder': { title: 'Open Run Folder', icon: 'folder-opened' },
  'dask.run.openReport': { title: 'Open Performance Report', icon: 'graph-line' },
  'dask.run.delete': { title: 'Delete Run…', icon: 'trash' },
  'dask.cluster.create': { title: 'Create Cluster…', icon: 'add' },
  'dask.cluster.attach': { title: 'Attach to Scheduler…', icon: 'plug' },
  'dask.cluster.runFile': { title: 'Run Active File on This Cluster', icon: 'run-all' },
  'dask.cluster.detach': { title: 'Detach from Scheduler', icon: 'debug-disconnect' },
  'dask.cluster.delete': { title: 'Shut Down Cluster', icon: 'stop-circle' },
  'dask.cluster.remove': { title: 'Remove Cluster from List', icon: 'close' },
  'dask.cluster.resize': { title: 'Resize Cluster…', icon: 'server' },
  'dask.cluster.stop': { title: 'Stop Machines of Cluster', icon: 'debug-pause' },
  'dask.cluster.start': { title: 'Start Machines of Cluster', icon: 'debug-start' },
  'dask.cluster.restartWorkers': { title: 'Restart Workers', icon: 'debug-restart' },
  'dask.cluster.openDashboard': { title: 'Open Dashboard', icon: 'graph' },
  'dask.cluster.openDashboardInBrowser': { title: 'Open Dashboard in Browser', icon: 'link-external' },
  'dask.cluster.showLogs': { title: 'Show Cluster Logs', icon: 'output' },
  'dask.job.cancel': { title: 'Cancel Job', icon: 'stop-circle' },
  'dask.job.showLogs': { title: 'Show Job Log', icon: 'output' },
  'dask.profile.select': { title: 'Select Default Profile…' },
  'dask.profile.create': { title: 'Create Profile…', icon: 'new-file' },
  'dask.profile.openSettings': { title: 'Open Profiles in Settings', icon: 'settings-gear' },
  'dask.google.selectAccount': { title: 'Select Google Account…', icon: 'account' },
  'dask.log.show': { title: 'Show Extension Log' },
  'dask.refresh': { title: 'Refresh', icon: 'refresh' },
  'dask.explorer.filterClusters': { title: 'Filter Clusters…', icon: 'filter' },
  'dask.explorer.changeFilter': { title: 'Filter Clusters (Not All Are Listed as Usual)…', icon: 'filter-filled' },
  'dask.explorer.openCluster': { title: 'Open Selected Row of Clusters', hidden: true },
  'dask.explorer.openRun': { title: 'Open Selected Row of Runs', hidden: true },
};

/** Values as they come from settings.json, not validated yet. */
export interface SettingValues {
  'dask.profiles': unknown;
  'dask.defaultProfile': string;
  'dask.python.interpreter': string;
  'dask.python.whenDaskIsMissing': 'ask' | 'install' | 'managedEnvironment';
  'dask.output.markWorkers': boolean;
  'dask.google.signIn': 'automatic' | 'applicationDefault' | 'gcloud';
  'dask.google.account': string;
}

export type SettingId = keyof SettingValues;

/**
 * Settings have scope `resource`: a run is of the folder that holds its file, and folders of one workspace have their own
 * Pythons and profiles. Those of Google accounts are not: no workspace may change whom Google is asked as. They
 * are of scope `application`, as user settings would not count for scope `machine` either where that is said below.
 *
 * That of `dask.python.interpreter` is on purpose not `machine-overridable`, although
 * its value is a path: user settings would then not count in a remote window, nor in VS Code in the browser. It is kept
 * from other machines by `ignoreSync`, and settings of the remote machine or of the workspace still come first.
 */
export const settingDefaults: Readonly<SettingValues> = {
  'dask.profiles': {},
  'dask.defaultProfile': 'local',
  'dask.python.interpreter': '',
  'dask.python.whenDaskIsMissing': 'ask',
  'dask.output.markWorkers': false,
  'dask.google.signIn': 'automatic',
  'dask.google.account': '',
};

/** Context keys for `when` clauses, and what sets them. */
export interface ContextValues {
  /** True while a run is not over: `dask.run.cancel` is offered. */
  'dask.runActive': boolean;
  /** True when there is a run to show: `dask.run.rerun` and its like are offered. */
  'dask.hasRuns': boolean;
  /** True while there may be a cluster to act on: `dask.cluster.delete` and its like are offered. */
  'dask.hasClusters': boolean;
  /** True where there is a profile of Dataproc: views offer what is of Google. */
  'dask.usesGoogle': boolean;
  /** True while the list of clusters has another filter than the usual one. */
  'dask.clustersFiltered': boolean;
  /** True when a Python file is active, or seen beside a panel: views offer to run it. */
  'dask.pythonActive': boolean;
}

export type ContextKey = keyof ContextValues;

export const contextKeys: readonly ContextKey[] = [
  'dask.runActive',
  'dask.hasRuns',
  'dask.hasClusters',
  'dask.usesGoogle',
  'dask.clustersFiltered',
  'dask.pythonActive',
];

/**
 * The `viewItem` of a row is its kind and then its flags, each behind a space and before a semicolon:
 * `cluster; owned; live; resizable;`. A when clause asks for a kind with `/^cluster;/` and for a flag
 * with `/ owned;/`.
 *
 * | kind | flags |
 * |---|---|
 * | `cluster` | `owned` (ours to shut down), `failed` (ours to take off the list), `others` (of others in a cloud) or `attached`; `live` (takes work); `resizable`; `stoppable` and `startable` (its machines) |
 * | `worker`, `workers`, `waiting`, `endedWorker`, `endedBefore`, `jobs`, `day`, `loading`, `empty`, `error`, `more` | none |
 * | `job` | `active` or `over` |
 * | `run` | `active` or `over`; `file` (it ran a file that can be opened); `report` (Dask's performance report is there) |
 */
export const rowFlags = {
  cluster: ['owned', 'failed', 'others', 'attached', 'live', 'resizable', 'stoppable', 'startable'],
  job: ['active', 'over'],
  run: ['active', 'over', 'file', 'report'],
} as const;

export type RowKindWithFlags = keyof typeof rowFlags;

/** The `viewItem` of a row. Flags that are false are left out. */
export function contextValue<K extends RowKindWithFlags>(
  kind: K,
  flags: Readonly<Partial<Record<(typeof rowFlags)[K][number], boolean>>>,
): string {
  const set = (rowFlags[kind] as readonly (typeof rowFlags)[K][number][]).filter((flag) => flags[flag] === true);
  return [kind, ...set].map((word) => `${word};`).join(' ');
}
