import type { Uri } from 'vscode';

import type { Cluster } from './core/cluster';
import type { Run, RunResult } from './run/run';

export type { Cluster, Run, RunResult };

export interface RunFileOptions {
  /** A key of `dask.profiles`, or `local`. Absent: the setting `dask.defaultProfile`. */
  profile?: string;
  /** Arguments of the script, as it finds them in `sys.argv[1:]`. */
  args?: readonly string[];
  /** Environment variables, added to the profile's. */
  env?: Readonly<Record<string, string>>;
}

/** What `activate()` returns to other extensions. See docs/api.md. */
export interface DaskApi {
  readonly version: 1;
  /** Saves the file if it is changed, and starts a run. Rejects when nothing was started. */
  runFile(uri: Uri, options?: RunFileOptions): Promise<Run>;
  /** Newest first: all that are not over, and the newest 100 of the history. */
  runs(): Run[];
  /** All that this machine knows: local ones and attached ones. */
  clusters(): Promise<Cluster[]>;
}
