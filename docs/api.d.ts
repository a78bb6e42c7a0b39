// Types of the API that `activate()` of daskexplorer.dask-cluster-explorer returns. See api.md.
import type { Disposable, Uri } from 'vscode';

/** What `vscode.extensions.getExtension<DaskApi>('daskexplorer.dask-cluster-explorer')` exports. */
export interface DaskApi {
  readonly version: 1;
  /** Saves the file if it is changed, and starts a run. Rejects when nothing was started. */
  runFile(uri: Uri, options?: RunFileOptions): Promise<Run>;
  /** Newest first: all that are not over, and the newest 100 of the history. */
  runs(): Run[];
  /** All that this machine knows: local ones and attached ones. */
  clusters(): Promise<Cluster[]>;
}

export interface RunFileOptions {
  /** A key of `dask.profiles`, or `local`. Absent: the setting `dask.defaultProfile`. */
  profile?: string;
  /** Arguments of the script, as it finds them in `sys.argv[1:]`. */
  args?: readonly string[];
  /** Environment variables, added to the profile's. */
  env?: Readonly<Record<string, string>>;
}

export type RunState = 'planned' | 'preparing' | 'submitting' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface Run {
  readonly id: string;
  readonly state: RunState;
  /** Undefined until it has a cluster. */
  readonly clusterId: string | undefined;
  /** Any of the above changed, or what the run is doing now. */
  readonly onDidChange: (listener: () => unknown) => Pick<Disposable, 'dispose'>;
  /** The output as text, from its first byte to the end of the run. Characters are never split. */
  output(signal?: AbortSignal): AsyncIterable<string>;
  /** Resolves at `succeeded`, `failed` or `cancelled`; never rejects. */
  readonly completed: Promise<RunResult>;
  /** Resolves when the cancel is on its way: see `completed` for the end. */
  cancel(): Promise<void>;
}

export interface RunResult {
  state: 'succeeded' | 'failed' | 'cancelled';
  /** 0 to 255; undefined when a signal ended it, and when it never began. */
  exitCode: number | undefined;
  /** From the start of the script to its end, in milliseconds; 0 when it never began. */
  durationMs: number;
  /** Why it failed. */
  error?: {
    /** Stable, in lowerCamelCase: `scriptRaised`, `pythonMissing`, … */
    code: string;
    /** For people. */
    message: string;
    /** Where in the user's code: absolute path, line from 1 on. */
    location?: { file: string; line: number };
  };
}

export interface Cluster {
  /** Where it lives: processes on this machine, or a scheduler that somebody else runs. */
  backend: 'local' | 'address' | 'dataproc';
  /** Unique within its backend. */
  id: string;
  name: string;
  /** The profile that it was made from, where there is one. */
  profile: string | undefined;
  state: 'starting' | 'running' | 'closing' | 'stopped' | 'closed' | 'failed' | 'unreachable';
  /** Milliseconds since 1970. */
  createdAt: number | undefined;
  /** What was asked for; undefined where that is not known. */
  workers: { kind: 'fixed'; count: number } | { kind: 'adaptive'; minimum: number; maximum: number } | undefined;
  /** Made for one run, and shut down with it. */
  ephemeral: boolean;
  /** Ours to shut down; false for attached ones. */
  owned: boolean;
}
