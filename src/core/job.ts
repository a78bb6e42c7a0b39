import type { BackendKind, ClusterRef } from './cluster';
import type { ErrorRecord } from './errors';

/** What a driver runs: a file as `__main__`, or a function of a module. */
export type JobTarget =
  { kind: 'file'; path: string } | { kind: 'function'; module: string; function: string; directory: string };

export interface JobSpec {
  target: JobTarget;
  args: readonly string[];
  /** Added to, and winning over, the profile's environment. */
  environment: Readonly<Record<string, string>>;
  /** What a `.env` file says, for drivers on this machine alone: the profile's environment wins over it. */
  fileEnvironment?: Readonly<Record<string, string>>;
  /** Where this run keeps its files, on this machine: the backend puts `output.log` and the report there. */
  folder: string;
  /** Delete the cluster when the job has ended, also when VS Code has gone by then. */
  releaseCluster: boolean;
  /** Ask the scheduler for a performance report at the end. */
  report: boolean;
  /** Interpreter of the driver, absolute; backends that have one of their own ignore it. */
  interpreter?: string;
  /** Folder of the workspace that the target is in, absolute: from there code is packed for clusters elsewhere. */
  workspaceFolder?: string;
  /** The script is ended after so long, where the backend can do that. */
  maxRunSeconds?: number;
  /** False where a scheduler of somebody else is not brought the modules beside the script. */
  localModules?: boolean;
  /** Each line that a task prints, logs or warns of begins with the name of its worker. */
  markWorkers?: boolean;
  /** What more is packed, for clusters elsewhere; the profile says it. */
  packaging?: { include: readonly string[]; maxPackageBytes: number };
}

export interface JobRef {
  backend: BackendKind;
  id: string;
  cluster: ClusterRef;
}

export type JobState = 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Job extends JobRef {
  /** For people: the file's name. */
  name: string;
  state: JobState;
  /** Milliseconds since 1970. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** 0 to 255; undefined while it runs, and after a signal. */
  exitCode: number | undefined;
  /** `SIGKILL`, …: when a signal ended it. */
  signal: string | undefined;
  error: ErrorRecord | undefined;
  /** True when the cluster was released, or never had to be. */
  released: boolean;
  /** File name of the performance report in the run's folder. */
  report: string | undefined;
  /** Why there is none although it was asked for, as a sentence. */
  reportMissing?: string;
  /** Who handed it in, where that is known: an e-mail address. */
  owner?: string;
  /** Processes that the script had left running and that were ended, where that is known and there were any. */
  leftOver?: number;
}

export interface OutputChunk {
  /** Byte offset of `bytes` in the whole output. */
  offset: number;
  bytes: Uint8Array;
}

export const terminalJobStates: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

export function isTerminal(state: JobState): boolean {
  return terminalJobStates.includes(state);
}
