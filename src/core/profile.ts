import type { WorkerRange } from './cluster';
import type { DataprocProfile } from './dataprocProfile';

export type AfterRun = 'delete' | 'keep';

export interface ProfileBase {
  /** The key under `dask.profiles`. */
  name: string;
  /** Absolute path of a Python interpreter; absent: the host's choice (see `InterpreterSource`). */
  interpreter?: string;
  /** Environment variables of the driver and, on clusters of our own, of the workers. */
  environment: Readonly<Record<string, string>>;
}

/** Dask processes on this machine. */
export interface LocalProfile extends ProfileBase {
  backend: 'local';
  workers: WorkerRange;
  /** Runs on a cluster that is kept use the workers that are there, instead of new ones. */
  sharedWorkers: boolean;
  /** Threads of each worker; absent: Dask's own choice for this machine. 1 to 256. */
  threadsPerWorker?: number;
  /** Per worker, as Dask writes it: `4GiB`, `auto`, or `0` for no limit. */
  memoryLimit: string;
  /** The cluster ends by itself after so many seconds without work: 10 to 86,400. */
  idleTimeoutSeconds: number;
  /** `none` leaves the ports open to every user of this machine. */
  security: 'tls' | 'none';
  afterRun: AfterRun;
}

/** A scheduler that somebody else runs: watched and used, never shut down. */
export interface AddressProfile extends ProfileBase {
  backend: 'address';
  /** `tcp://host:port`, `tls://host:port`, `ws://` or `wss://`. */
  address: string;
  /** The dashboard's base address, where it cannot be found by asking the scheduler. */
  dashboardUrl?: string;
  /** PEM files for `tls://`. Absolute paths. */
  tls?: TlsFiles;
  /** Whether the modules beside a script are brought to the scheduler and its workers; absent: they are. */
  localModules?: 'bring' | 'leave';
}

export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

export type Profile = LocalProfile | AddressProfile | DataprocProfile;
