import { dirname, join } from 'node:path';
import type { Cluster, ClusterRef, LogSource } from '../core/cluster';
import { localCodePath } from '../core/remoteCode';
import { runNotes, terminalRunStates, type RunRecord } from '../core/run';
import type { PanelCluster, PanelDashboard, PanelLogSource, PanelRun, PanelState } from '../protocol/panelState';
import type { LogLocation } from './log/logTiles';

const runPrefix = 'run:';

/** Id of the log source that is a run's output. */
export function runSource(runId: string): string {
  return runPrefix + runId;
}

export function isRunSource(source: string): boolean {
  return source.startsWith(runPrefix);
}

export function describePanel(parts: {
  ref: ClusterRef;
  cluster: Cluster | undefined;
  runs: readonly RunRecord[];
  logs: readonly LogSource[];
  /** True while the cluster's own logs have not been looked for. */
  listing: boolean;
  /** True while a cluster that is not known may only not be known yet. */
  settling: boolean;
  /** As the way to it stands; of a cluster that is over nothing is shown. */
  dashboard: PanelDashboard;
}): PanelState {
  const { runs, settling, dashboard } = parts;
  const known = describeCluster(parts.ref, parts.cluster, runs);
  const cluster = known.state === 'gone' && settling ? { ...known, state: 'starting' as const } : known;
  const over = cluster.state === 'closed' || cluster.state === 'failed' || cluster.state === 'gone';
  return {
    cluster,
    runs: runs.map(describeRun),
    sources: describeSources(runs, parts.logs),
    listing: parts.listing,
    dashboard: over ? { kind: 'ended', report: runs.some((run) => run.report !== undefined) } : dashboard,
  };
}

export function describeCluster(
  ref: ClusterRef,
  cluster: Cluster | undefined,
  runs: readonly RunRecord[],
): PanelCluster {
  const latest = runs[0];
  const name = cluster?.name ?? latest?.cluster?.name ?? ref.id;
  const only = onlyRun(cluster, runs);
  const endReason = cluster?.endReason ?? latest?.clusterEndReason;
  return {
    backend: ref.backend,
    id: ref.id,
    title: only === undefined ? name : `${name} · ${only.name}`,
    state: cluster?.state ?? (latest && !terminalRunStates.includes(latest.state) ? 'starting' : 'gone'),
    ...(cluster?.stage === undefined ? {} : { stage: cluster.stage }),
    ...(endReason === undefined ? {} : { endReason }),
    ...(cluster?.error === undefined ? {} : { error: cluster.error.message }),
  };
}

/** The run that a cluster was made for and goes with. Of a cluster that is not known its runs tell. */
function onlyRun(cluster: Cluster | undefined, runs: readonly RunRecord[]): RunRecord | undefined {
  if (cluster) {
    return cluster.ephemeral ? runs.find(({ id }) => id === cluster.runId) : undefined;
  }
  return runs.length === 1 && runs[0]?.cluster?.reused === false ? runs[0] : undefined;
}

export function describeRun(run: RunRecord): PanelRun {
  const { id, name, state, createdAt, progress, startedAt, endedAt, exitCode, signal, error } = run;
  const notes = runNotes(run);
  return {
    id,
    name,
    state,
    createdAt,
    report: run.report !== undefined,
    ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
    ...(progress === undefined ? {} : { progress }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(error === undefined
      ? {}
      : { error: { message: error.message, ...(error.location === undefined ? {} : { location: error.location }) } }),
  };
}

/** The runs' output first, newest first; then the cluster's own logs. */
export function describeSources(runs: readonly RunRecord[], logs: readonly LogSource[]): PanelLogSource[] {
  const repeated = new Set(runs.map(({ name }) => name).filter((name, at, all) => all.indexOf(name) !== at));
  return [
    ...runs.map((run) => ({
      id: runSource(run.id),
      label: repeated.has(run.name) ? `${run.name}, ${timeOf(run.createdAt)}` : run.name,
      kind: 'run' as const,
      runId: run.id,
    })),
    ...logs.map(({ id, label }) => ({ id, label, kind: 'cluster' as const })),
  ];
}

/** Where a source is kept; undefined while it is not known. */
export function locateSource(
  source: string,
  runs: readonly RunRecord[],
  logs: readonly LogSource[],
): LogLocation | undefined {
  if (isRunSource(source)) {
    const run = runs.find(({ id }) => runSource(id) === source);
    return (
      run && {
        path: join(run.folder, 'output.log'),
        fileName: `${run.name.replace(/\.py$/, '')}.log`,
        directories: [directoryOf(run)],
        local: (path) => localPlaces(path, [run]),
        scripts: scriptsOf([run]),
      }
    );
  }
  const log = logs.find(({ id }) => id === source);
  const newest = runs.slice(0, 5);
  return (
    log && {
      path: log.path,
      fileName: `${log.id}.log`,
      directories: newest.map(directoryOf),
      local: (path) => localPlaces(path, newest),
      scripts: scriptsOf(newest),
    }
  );
}

function localPlaces(path: string, runs: readonly RunRecord[]): string[] {
  return runs.flatMap(({ id, codeRoot }) => {
    const place = codeRoot === undefined ? undefined : localCodePath(path, id, codeRoot);
    return place === undefined ? [] : [place];
  });
}

function scriptsOf(runs: readonly RunRecord[]): string[] {
  const paths = runs.flatMap(({ request: { target } }) => (target.kind === 'file' ? [target.path] : []));
  return [...new Set(paths)];
}

function directoryOf({ request: { target } }: RunRecord): string {
  return target.kind === 'file' ? dirname(target.path) : target.directory;
}

function timeOf(time: number): string {
  return new Date(time).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
