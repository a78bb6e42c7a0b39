import type { ClusterState, StartupStage } from '../core/cluster';
import type { RunState } from '../core/run';
import type { Layout } from './layout';
import type { LogView } from './logView';

/** What the panel shows of its cluster. `gone`: nothing is known of it any more. */
export interface PanelCluster {
  backend: string;
  id: string;
  /** Its name; with the file where it was made for one run, as runs of one profile make clusters of one name. */
  title: string;
  state: ClusterState | 'gone';
  stage?: StartupStage;
  endReason?: string;
  error?: string;
}

export interface PanelRun {
  id: string;
  name: string;
  state: RunState;
  progress?: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  startedAt?: number;
  endedAt?: number;
  exitCode?: number;
  signal?: string;
  /** What else is to be said of its end, as a sentence. */
  note?: string;
  error?: { message: string; location?: { file: string; line: number } };
  /** True when a performance report was saved. */
  report: boolean;
}

/** A log that the log tile can show: `run:RUN_ID` is a run's output. */
export interface PanelLogSource {
  id: string;
  label: string;
  kind: 'run' | 'cluster';
  runId?: string;
}

export interface PanelPlot {
  path: string;
  title: string;
}

/**
 * Where the dashboard stands. `base` ends in `/`; a frame adds a plot's path and its colours. `version`
 * changes when frames must be loaded anew.
 */
export type PanelDashboard =
  | { kind: 'starting' }
  | { kind: 'ready'; base: string; version: number; plots: readonly PanelPlot[] }
  /** `report`: one of its runs left a performance report. */
  | { kind: 'ended'; report: boolean }
  | { kind: 'noPlots'; message: string }
  | { kind: 'failed'; message: string };

export interface PanelState {
  cluster: PanelCluster;
  /** Newest first. */
  runs: readonly PanelRun[];
  sources: readonly PanelLogSource[];
  /** True while the cluster's own logs have not been looked for: there may be more sources. */
  listing: boolean;
  dashboard: PanelDashboard;
}

/** Everything that the webview needs to draw itself: the answer to `ready`. */
export interface PanelSetup extends PanelState {
  layout: Layout;
  /** How each log tile was left, by the tile's id. */
  views: Readonly<Record<string, LogView>>;
  /** The log to show first, where the caller asked for one. */
  source?: string;
}
