import type * as vscode from 'vscode';
import type { Cluster, ClusterRef, LogSource, SchedulerEndpoint } from '../core/cluster';
import type { Event } from '../core/event';
import type { DashboardAccess, Logger, SchedulerClient } from '../core/ports';
import type { RunRecord } from '../core/run';

/** What is known of clusters and runs. */
export interface PanelModel {
  /** Clusters or runs have changed. Listened to only while a panel is visible. */
  readonly onDidChange: Event<void>;
  /** Also one that has ended, where it is known; undefined for one that is gone. */
  cluster(ref: ClusterRef): Cluster | undefined;
  /** Runs that used this cluster, newest first. */
  runs(ref: ClusterRef): readonly RunRecord[];
}

/** The part of the backends that a panel uses, whichever backend a cluster is of. */
export interface PanelBackends {
  scheduler(ref: ClusterRef, signal: AbortSignal): Promise<SchedulerEndpoint>;
  logs(ref: ClusterRef, signal: AbortSignal): Promise<readonly LogSource[]>;
}

/** Commands behind the panel's buttons. Their errors are shown where commands' errors are. */
export interface PanelActions {
  rerun(runId: string): void;
  cancel(runId: string): void;
  openReport(runId: string): void;
  openRunFolder(runId: string): void;
  showExtensionLog(): void;
}

/** The part of `vscode.Memento` that a panel is kept in. */
export interface PanelMemento {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

export interface PanelServices {
  extensionUri: vscode.Uri;
  model: PanelModel;
  backends: PanelBackends;
  actions: PanelActions;
  dashboards: DashboardAccess;
  schedulerClient: SchedulerClient;
  /** Layouts: also for other windows. */
  global: PanelMemento;
  /** How logs were left in this window. */
  workspace: PanelMemento;
  /** Something that the user asked for did not succeed: shown where commands' errors are. */
  failed: (what: string, error: unknown) => void;
  log: Logger;
}
