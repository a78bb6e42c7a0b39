/** What VS Code is started with, for an emulated Google Cloud. */
export interface StartedCloud {
  env: { DATAPROC_EMULATOR_HOST: string; GOOGLE_APPLICATION_CREDENTIALS: string };
  settings: { 'dask.profiles': { cloud: Record<string, unknown> }; 'dask.defaultProfile': string };
  stop(): Promise<void>;
}

export function startCloud(python: string, options: { askFirst: boolean }): Promise<StartedCloud>;
