import type { Cluster, ClusterRef, EndedWorker, SchedulerSnapshot, WorkerInfo, WorkerRange } from '../core/cluster';
import type { Job, JobRef } from '../core/job';
import type { RunRecord } from '../core/run';

/** One row of a tree, as plain data. Loading, empty and error are kinds like any other. */
export type ExplorerNode =
  | {
      kind: 'cluster';
      cluster: Cluster;
      snapshot: SchedulerSnapshot | undefined;
      /** Why the scheduler did not answer, as a sentence. */
      unreachable: string | undefined;
      /** Dask has ended there, and a run starts it. */
      asleep?: boolean;
      /** Name of the job that an ephemeral one was made for. */
      madeFor: string | undefined;
      /** Whom its cloud is asked as. */
      account?: string | undefined;
      /** Open at first sight. */
      expanded: boolean;
    }
  | {
      kind: 'workers';
      cluster: ClusterRef;
      count: number;
      range: WorkerRange | undefined;
      /** That they are on, where these are counted. */ machines?: number | undefined;
    }
  | { kind: 'worker'; cluster: ClusterRef; worker: WorkerInfo }
  /** Workers that wait for a container. */
  | { kind: 'waiting'; cluster: ClusterRef; count: number }
  | { kind: 'endedWorker'; cluster: ClusterRef; worker: EndedWorker }
  /** Those that ended before the ones with a row of their own. */
  | { kind: 'endedBefore'; cluster: ClusterRef; workers: readonly EndedWorker[] }
  | { kind: 'jobs'; cluster: ClusterRef; count: number }
  | { kind: 'job'; job: Job }
  | {
      kind: 'day';
      /** Local midnight, milliseconds since 1970. */ start: number;
      count: number;
      /** Some of its runs are not loaded. */ partial: boolean;
      expanded: boolean;
    }
  | { kind: 'run'; run: RunRecord }
  | { kind: 'loading'; parent: string; text: string }
  | { kind: 'empty'; parent: string; text: string }
  | {
      kind: 'error';
      parent: string;
      text: string;
      /** More than has room in a row. */ detail?: string;
    }
  | { kind: 'more'; parent: string; shown: number; remaining: number | undefined };

/** Fields of a row that commands ask for. */
export interface RowTarget {
  cluster?: ClusterRef;
  job?: JobRef;
  runId?: string;
}

/** The same for the same thing from one look to the next, and unique in its tree. */
export function nodeId(node: ExplorerNode): string {
  switch (node.kind) {
    case 'cluster':
      return `cluster:${node.cluster.backend}:${node.cluster.id}`;
    case 'workers':
    case 'jobs':
    case 'waiting':
    case 'endedBefore':
      return `${node.kind}:${node.cluster.backend}:${node.cluster.id}`;
    case 'endedWorker':
      return `endedWorker:${node.cluster.backend}:${node.cluster.id}:${node.worker.name}:${node.worker.at}`;
    case 'worker':
      return `worker:${node.cluster.backend}:${node.cluster.id}:${node.worker.address}`;
    case 'job':
      return `job:${node.job.backend}:${node.job.cluster.id}:${node.job.id}`;
    case 'day':
      return `day:${node.start}`;
    case 'run':
      return `run:${node.run.id}`;
    case 'loading':
    case 'empty':
    case 'error':
    case 'more':
      return `${node.kind}:${node.parent}`;
  }
}

export function clusterNodeId(cluster: ClusterRef): string {
  return `cluster:${cluster.backend}:${cluster.id}`;
}

export function rowTarget(node: ExplorerNode): RowTarget {
  switch (node.kind) {
    case 'cluster':
      return { cluster: { backend: node.cluster.backend, id: node.cluster.id } };
    case 'job':
      return { job: { backend: node.job.backend, id: node.job.id, cluster: node.job.cluster }, runId: node.job.id };
    case 'run':
      return { runId: node.run.id };
    case 'workers':
    case 'jobs':
    case 'worker':
    case 'waiting':
    case 'endedWorker':
    case 'endedBefore':
      return { cluster: node.cluster };
    case 'day':
    case 'loading':
    case 'empty':
    case 'error':
    case 'more':
      return {};
  }
}
