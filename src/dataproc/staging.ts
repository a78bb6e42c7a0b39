import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { Staged } from './clusterBody';
import { requirementsContent } from './dependencies/checkDependencies';
import type { Place, StorageApi } from './google/googleApi';
import { runnerArchive } from './runnerArchive';

/** Everything of ours in a bucket is below this folder. */
const folder = 'dask-runner';

/** Names in the staging bucket; see docs/architecture.md. */
export const stagedName = {
  code: (sha256: string) => `${folder}/code/${sha256}.zip`,
  order: (jobId: string) => `${folder}/jobs/${jobId}/job.json`,
  result: (jobId: string) => `${folder}/jobs/${jobId}/result.json`,
  /** The same, written once the report and the files are there, where the job has come so far. */
  released: (jobId: string) => `${folder}/jobs/${jobId}/released.json`,
  report: (jobId: string) => `${folder}/jobs/${jobId}/performance-report.html`,
  file: (jobId: string, name: string) => `${folder}/jobs/${jobId}/files/${name}`,
  job: (jobId: string) => `${folder}/jobs/${jobId}`,
} as const;

export function uri(bucket: string, name: string): string {
  return `gs://${bucket}/${name}`;
}

/** The bucket that a profile leaves to us: one for each project and region. At most 63 characters. */
export function usualBucket({ project, region }: Place): string {
  const name = `dask-${project.replace(/[^a-z0-9-]+/g, '-')}-${region}`;
  return name.length <= 63 ? name : `dask-${sha256Of(Buffer.from(name)).slice(0, 24)}-${region}`;
}

/** Puts what machines need into the bucket, each thing named by its content: what is there is not sent again. */
export class Staging {
  readonly #storage: StorageApi;
  readonly #runner: string;
  #archive: Promise<Uint8Array> | undefined;
  /** What is known to be there: `bucket/name`. */
  readonly #there = new Set<string>();

  /** @param runner folder of the Python package `dask_runner` on this machine */
  constructor(storage: StorageApi, runner: string) {
    this.#storage = storage;
    this.#runner = runner;
  }

  /** Throws UserError `requirementsMissing`, and what the storage throws. */
  async forCluster(profile: DataprocProfile, bucket: string, signal: AbortSignal): Promise<Staged> {
    const dataproc = join(this.#runner, 'dataproc');
    const script = await readFile(join(dataproc, 'initialize.sh'));
    const [initializeScript, runnerPackage] = await Promise.all([
      this.#put(bucket, `initialize/${sha256Of(script)}/initialize.sh`, script, 'text/x-shellscript', signal),
      this.runnerPackage(bucket, signal),
    ]);
    const source = profile.environmentSource;
    if (source.kind === 'archive') {
      return { initializeScript, runnerPackage, requirements: undefined, userRequirements: [] };
    }
    const pinned = await readFile(join(dataproc, 'requirements.txt'));
    const requirements = await this.#put(
      bucket,
      `requirements/${sha256Of(pinned)}/requirements.txt`,
      pinned,
      'text/plain',
      signal,
    );
    const userRequirements: string[] = [];
    for (const path of source.kind === 'requirements' ? source.files : []) {
      const content = await requirementsContent(path, profile.name);
      const name = `requirements/${sha256Of(content)}/${basename(path)}`;
      userRequirements.push(await this.#put(bucket, name, content, 'text/plain', signal));
    }
    return { initializeScript, requirements, runnerPackage, userRequirements };
  }

  /** `gs://…` of the Python side as an archive that Python imports from. */
  async runnerPackage(bucket: string, signal: AbortSignal): Promise<string> {
    // The folder is a copy that is named by its content: it does not change.
    this.#archive ??= runnerArchive(this.#runner).catch((error: unknown) => {
      this.#archive = undefined;
      throw error;
    });
    const content = await this.#archive;
    return this.#put(bucket, `runner/${sha256Of(content)}.zip`, content, 'application/zip', signal);
  }

  /** `gs://…` of a run's code. */
  async code(bucket: string, archive: { path: string; sha256: string }, signal: AbortSignal): Promise<string> {
    return this.#put(bucket, `code/${archive.sha256}.zip`, { path: archive.path }, 'application/zip', signal);
  }

  async #put(
    bucket: string,
    name: string,
    content: Uint8Array | { path: string },
    contentType: string,
    signal: AbortSignal,
  ): Promise<string> {
    const object = `${folder}/${name}`;
    const key = `${bucket}/${object}`;
    if (!this.#there.has(key)) {
      // Another look costs less than to send it: archives are large, and seldom new.
      if ((await this.#storage.size(bucket, object, signal)) === undefined) {
        await this.#storage.put(bucket, object, content, contentType, signal);
      }
      this.#there.add(key);
    }
    return uri(bucket, object);
  }
}

function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
