import { join } from 'node:path';
import { UserError } from '../core/errors';
import type { JobSpec } from '../core/job';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { Logger } from '../core/ports';
import { machineHome, machinePython } from './machinePaths';
import { clusterLabel } from './clusterLabels';
import type { ClusterRecord } from './clusterRecord';
import { toUserError } from './failures/explainError';
import { GoogleError, type GoogleApi, type GoogleJob, type JobBody } from './google/googleApi';
import { insist } from './operations';
import type { PackagePlan } from './packaging/packagePlan';
import { planPackage } from './packaging/planPackage';
import { writeArchive, type Archive } from './packaging/writeArchive';
import { stagedName, uri, type Staging } from './staging';

export interface SubmitParts {
  google: GoogleApi;
  staging: Staging;
  logger: Logger;
  /** The extension's global storage folder. */
  storage: string;
}

/** What a run sends of this machine's code. Throws the UserErrors of `planPackage`. */
export function planCode(
  target: JobSpec['target'],
  workspaceFolder: string | undefined,
  profile: Pick<DataprocProfile, 'include' | 'maxPackageBytes'> | undefined,
  signal: AbortSignal,
): Promise<PackagePlan> {
  return planPackage({
    target,
    workspaceFolder,
    ...(profile === undefined ? {} : { globs: profile.include, maxBytes: profile.maxPackageBytes }),
    signal,
  });
}

/** Hands jobs in: their code by content, their orders, then the job under the request's id. */
export class JobSubmit {
  readonly #parts: SubmitParts;

  constructor(parts: SubmitParts) {
    this.#parts = parts;
  }

  /** Packs what a run sends. Throws the UserErrors of `planPackage`. */
  async pack(code: Pick<JobSpec, 'target' | 'workspaceFolder' | 'packaging'>, signal: AbortSignal): Promise<Archive> {
    const plan = await planCode(code.target, code.workspaceFolder, code.packaging, signal);
    return writeArchive(plan, join(this.#parts.storage, 'packages'), signal);
  }

  /** Sends an archive, where it is not there already. */
  upload(record: ClusterRecord, archive: Archive, signal: AbortSignal): Promise<string> {
    const { staging, logger } = this.#parts;
    return insist(() => staging.code(record.bucket, archive, signal), logger, `The code ${archive.sha256}`, signal);
  }

  /** Throws UserErrors. */
  async submit(record: ClusterRecord, spec: JobSpec, id: string, signal: AbortSignal): Promise<GoogleJob> {
    const { google, staging, logger, storage } = this.#parts;
    const given = <T>(call: () => Promise<T>): Promise<T> => insist(call, logger, `Submitting ${id}`, signal);
    try {
      const known = await given(() => google.dataproc.job(record, id, signal));
      if (known !== undefined) {
        return known;
      }
      const plan = await planCode(spec.target, spec.workspaceFolder, spec.packaging, signal);
      const archive = await writeArchive(plan, join(storage, 'packages'), signal);
      const [code, runner] = await Promise.all([
        given(() => staging.code(record.bucket, archive, signal)),
        given(() => staging.runnerPackage(record.bucket, signal)),
      ]);
      const order = {
        version: 1,
        id,
        name: titleOf(spec),
        target: targetOf(spec, plan),
        args: spec.args,
        environment: spec.environment,
        code: { uri: code, sha256: archive.sha256, importFolders: plan.importFolders },
        folder: uri(record.bucket, stagedName.job(id)),
        report: spec.report,
        ...(spec.markWorkers === true ? { markWorkers: true } : {}),
        ...(spec.maxRunSeconds === undefined ? {} : { maxRunSeconds: spec.maxRunSeconds }),
      };
      const content = Buffer.from(JSON.stringify(order));
      const name = stagedName.order(id);
      // An order that is there is of a window that has gone: the job does what was asked for first.
      await unlessPresent(given(() => google.storage.put(record.bucket, name, content, 'application/json', signal)));
      const body = jobBody(record, id, titleOf(spec), uri(record.bucket, name), runner);
      const made = await unlessPresent(given(() => google.dataproc.submitJob(record, body, id, signal)));
      const job = made ?? (await given(() => google.dataproc.job(record, id, signal)));
      if (job === undefined) {
        throw new GoogleError(`Not found: Job ${id}`, { code: 'NOT_FOUND', status: 404 });
      }
      return job;
    } catch (error) {
      throw toUserError(error, record, `${titleOf(spec)} could not be handed to the cluster.`);
    }
  }
}

/** Undefined where it is there already: another window was faster. */
async function unlessPresent<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (error instanceof GoogleError && error.code === 'ALREADY_EXISTS') {
      return undefined;
    }
    throw error;
  }
}

function jobBody(record: ClusterRecord, id: string, name: string, order: string, runner: string): JobBody {
  return {
    reference: { projectId: record.project, jobId: id },
    placement: { clusterName: record.clusterName },
    labels: { [clusterLabel.run]: id },
    pysparkJob: {
      mainPythonFileUri: `file://${machineHome}/lib/cloud_job.py`,
      args: [order],
      pythonFileUris: [runner],
      properties: {
        'spark.pyspark.python': machinePython,
        'spark.pyspark.driver.python': machinePython,
        // What Google's own lists show.
        'spark.app.name': name,
      },
    },
  };
}

function titleOf({ target }: JobSpec): string {
  return target.kind === 'file'
    ? (target.path.split(/[/\\]/).at(-1) ?? target.path)
    : `${target.module}:${target.function}`;
}

function targetOf({ target }: JobSpec, plan: PackagePlan): object {
  if (target.kind === 'function') {
    return { kind: 'function', module: target.module, function: target.function };
  }
  if (plan.main === undefined) {
    throw new UserError({
      code: 'targetMissing',
      what: `${target.path} is not there any more.`,
      next: 'Save it, and run it again.',
    });
  }
  return { kind: 'file', path: plan.main };
}
