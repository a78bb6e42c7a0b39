import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartupStage } from '../core/cluster';
import type { DataprocProfile } from '../core/dataprocProfile';
import { isCancelled, UserError } from '../core/errors';
import type { Logger } from '../core/ports';
import { throwIfAborted } from '../machine/wait';
import { attemptsOf, clusterBody, type Attempt, type Staged } from './clusterBody';
import type { ClusterEnd } from './clusterEnd';
import { clusterLabel } from './clusterLabels';
import { createRequestId, type ClusterRecord } from './clusterRecord';
import type { ClusterRecords } from './clusterRecords';
import { clusterSpecText } from './clusterSpec';
import { CodeUpload } from './codeUpload';
import { explainError, toUserError } from './failures/explainError';
import type { Explanation } from './failures/explainFailure';
import {
  GoogleError,
  type ClusterBody,
  type GoogleApi,
  type GoogleCluster,
  type GoogleOperation,
} from './google/googleApi';
import type { JobSubmit } from './jobSubmit';
import { lastWords } from './lastWords';
import { insist, operationEnd } from './operations';
import type { Archive } from './packaging/writeArchive';
import { scalingPolicy } from './scalingPolicy';
import type { Staging } from './staging';
import { StartupLog } from './startupLog';

/** Milliseconds without any news from which on it is said: Dataproc itself gives up after half an hour. */
const quiet = 600_000;

export interface StartRequest {
  record: ClusterRecord;
  profile: DataprocProfile;
  /** What the run will send: it is uploaded while the machines start. */
  archive: Archive | undefined;
  onStage: (stage: StartupStage, detail?: string) => void;
}

export interface StartParts {
  google: GoogleApi;
  records: ClusterRecords;
  staging: Staging;
  end: ClusterEnd;
  submit: JobSubmit;
  logger: Logger;
  /** Of this machine's extension: goes into labels. */
  installation: string;
}

/** Creates clusters, in another place where the first has no machines, and leaves none that failed. */
export class ClusterStart {
  readonly #parts: StartParts;

  constructor(parts: StartParts) {
    this.#parts = parts;
  }

  /** Resolves when the machines are ready. Goes on with what was begun under the same id. Throws UserErrors. */
  async ready(request: StartRequest, signal: AbortSignal): Promise<GoogleCluster> {
    const { record, archive } = request;
    let upload: CodeUpload | undefined;
    const withUpload = {
      ...request,
      onStage: (stage: StartupStage, detail?: string): void =>
        request.onStage(stage, [detail, upload?.text].filter((text) => text !== undefined).join(', ') || undefined),
    };
    const cluster = await this.#ready(withUpload, signal, () => {
      const { submit, logger } = this.#parts;
      upload = archive && new CodeUpload(archive.bytes, () => submit.upload(record, archive, signal), logger);
    });
    if (upload?.text !== undefined) {
      request.onStage('process', upload.text);
    }
    await upload?.ended;
    request.onStage('ready');
    return cluster;
  }

  /** @param onPrepared once the bucket is there */
  async #ready(
    { record, profile, onStage }: StartRequest,
    signal: AbortSignal,
    onPrepared: () => void,
  ): Promise<GoogleCluster> {
    const { google, staging, records } = this.#parts;
    onStage('process', 'uploading what the machines need');
    const staged = await this.#told(record, 'prepared', async () => {
      await this.#insist(
        () => google.storage.ensureBucket(record, record.bucket, encryption(profile), signal),
        `The bucket ${record.bucket}`,
        signal,
      );
      const what = `What the machines of ${record.clusterName} need`;
      return this.#insist(() => staging.forCluster(profile, record.bucket, signal), what, signal);
    });
    onPrepared();
    const policy = await this.#told(record, 'prepared', () =>
      scalingPolicy({ dataproc: google.dataproc, logger: this.#parts.logger }, record, profile, signal),
    );
    const attempts = attemptsOf(profile);
    let current = record;
    for (;;) {
      const attempt = attempts[current.attempt - 1] ?? { zone: undefined, machineType: undefined };
      const next = attempts[current.attempt];
      try {
        return await this.#attempt(current, profile, staged, policy, attempt, onStage, signal);
      } catch (error) {
        if (isCancelled(error)) {
          throw error;
        }
        const failed = await this.#failed(current, error, signal);
        const goesOn = failed.retry === 'otherPlace' && next !== undefined;
        // What failed is billed until it is deleted.
        onStage('process', goesOn ? 'no such machines free, trying another place' : 'removing what failed');
        const removed = await this.#removed(current, signal);
        if (!goesOn || !removed) {
          const { code, message, buttons } = failed.error;
          await records.change(record.id, {
            error: { code, message, buttons },
            endReason: failed.error.what,
            ...(removed ? { endedAt: Date.now() } : {}),
          });
          throw failed.error;
        }
        current = { ...current, attempt: current.attempt + 1, uuid: undefined };
        await records.change(record.id, { attempt: current.attempt, uuid: undefined });
      }
    }
  }

  async #attempt(
    record: ClusterRecord,
    profile: DataprocProfile,
    staged: Staged,
    policy: string | undefined,
    attempt: Attempt,
    onStage: StartRequest['onStage'],
    signal: AbortSignal,
  ): Promise<GoogleCluster> {
    const { google, records, logger, installation } = this.#parts;
    const specText = clusterSpecText(profile, record);
    // A label alone: without it the cluster is the same.
    const account = await google.account(signal).catch(() => undefined);
    const body: ClusterBody = clusterBody(profile, record, staged, specText, attempt, { installation, account });
    if (policy !== undefined && body.config) {
      body.config.autoscalingConfig = { policyUri: policy };
    }
    const place = attempt.zone ?? record.region;
    onStage('process', `asking for machines in ${place}`);
    const operation = await this.#asked(record, body, signal);
    // From here on it is known to be there, and which one it is.
    const made = await this.#look(record, signal);
    const own = made?.labels[clusterLabel.id] === record.id ? made : undefined;
    // Google's clock: its limits go by it.
    const known = { uuid: own?.uuid, createdAt: own?.createdAt ?? record.createdAt };
    if (own !== undefined) {
      await records.change(record.id, known);
    }
    const log = new StartupLog(
      { logging: google.logging, logger },
      { ...record, ...known },
      join(records.folderOf(record.id), 'startup.log'),
    );
    let news = '';
    let since = Date.now();
    const told = new Set<string>();
    await operationEnd({ dataproc: google.dataproc, logger }, record, operation, signal, async (now) => {
      await log.look(signal, now.done);
      for (const warning of now.warnings.filter((one) => !told.has(one))) {
        told.add(warning);
        logger.warn(`${record.clusterName}: ${warning}`);
      }
      const text = log.step ?? `machines in ${place}`;
      if (text !== news) {
        news = text;
        since = Date.now();
      }
      onStage('process', Date.now() - since < quiet ? text : `${text}, no news for ${minutes(since)} minutes`);
    });
    const cluster = await this.#look(record, signal);
    if (cluster?.labels[clusterLabel.id] !== record.id) {
      throw new UserError({
        code: 'clusterDeletedElsewhere',
        what: `The cluster "${record.profile}" could not be created.`,
        why: 'It was deleted by somebody else as soon as it was there.',
        next: 'Run it again.',
      });
    }
    await records.change(record.id, { uuid: cluster.uuid });
    return cluster;
  }

  /**
   * Asks for it, to the answer: a call that is given up may be carried out all the same, after the look that says that
   * there is nothing to delete.
   */
  async #asked(record: ClusterRecord, body: ClusterBody, signal: AbortSignal): Promise<GoogleOperation> {
    const { dataproc } = this.#parts.google;
    throwIfAborted(signal);
    const answered = new AbortController().signal;
    const operation = await this.#insist(
      () => dataproc.createCluster(record, body, createRequestId(record), answered),
      `Creating ${record.clusterName}`,
      signal,
    );
    throwIfAborted(signal);
    return operation;
  }

  #look(record: ClusterRecord, signal: AbortSignal): Promise<GoogleCluster | undefined> {
    return this.#insist(
      () => this.#parts.google.dataproc.cluster(record, record.clusterName, signal),
      `Looking at ${record.clusterName}`,
      signal,
    );
  }

  /** False where it could not be deleted: whoever ends the run, or the next window, tries again. */
  async #removed(record: ClusterRecord, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#parts.end.remove(record, signal);
      return true;
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      this.#parts.logger.warn(`${record.clusterName}, which failed, cannot be deleted now`, error);
      return false;
    }
  }

  /** What is said of a failure; with the last words of an initialization action, where they can be had. */
  async #failed(record: ClusterRecord, error: unknown, signal: AbortSignal): Promise<Explanation> {
    if (!(error instanceof GoogleError)) {
      if (error instanceof UserError) {
        return { error, retry: 'never', output: undefined };
      }
      throw error;
    }
    const explained = explainError(error, record, `The cluster "${record.profile}" could not be created.`);
    const last = explained.output === undefined ? undefined : await this.#lastWords(record, explained.output, signal);
    if (last === undefined) {
      return explained;
    }
    const { code, what, next, buttons } = explained.error;
    return { ...explained, error: new UserError({ code, what, why: last, next, buttons, cause: error }) };
  }

  async #lastWords(record: ClusterRecord, output: string, signal: AbortSignal): Promise<string | undefined> {
    const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(output) ?? [];
    try {
      const bytes = await this.#parts.google.storage.get(bucket, name, signal);
      if (bytes === undefined) {
        return undefined;
      }
      await writeFile(join(this.#parts.records.folderOf(record.id), 'initialization.log'), bytes, { mode: 0o600 });
      return lastWords(new TextDecoder().decode(bytes));
    } catch (error) {
      this.#parts.logger.warn(`What ${output} says cannot be read`, error);
      return undefined;
    }
  }

  #insist<T>(call: () => Promise<T>, what: string, signal: AbortSignal): Promise<T> {
    return insist(call, this.#parts.logger, what, signal);
  }

  async #told<T>(record: ClusterRecord, done: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toUserError(error, record, `The cluster "${record.profile}" could not be ${done}.`);
    }
  }
}

function encryption({ kmsKey }: DataprocProfile): { kmsKey?: string } {
  return kmsKey === undefined ? {} : { kmsKey };
}

function minutes(since: number): number {
  return Math.round((Date.now() - since) / 60_000);
}
