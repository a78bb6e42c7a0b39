import { isAbsolute } from 'node:path';
import type { ClusterRef } from '../core/cluster';
import type { ErrorRecord } from '../core/errors';
import type { Job, JobState } from '../core/job';
import { asRecord, numberField, recordField, stringField } from '../core/jsonValue';
import type { GoogleJob, GoogleJobState } from './google/googleApi';

const states: Readonly<Record<GoogleJobState, JobState>> = {
  PENDING: 'pending',
  SETUP_DONE: 'pending',
  RUNNING: 'running',
  CANCEL_PENDING: 'running',
  CANCEL_STARTED: 'running',
  ATTEMPT_FAILURE: 'running',
  CANCELLED: 'cancelled',
  DONE: 'succeeded',
  ERROR: 'failed',
};

/** What the job's own process wrote of its end; see docs/architecture.md. */
export interface JobResult {
  exitCode: number | undefined;
  signal: string | undefined;
  error: { code: string; message: string } | undefined;
  /** File name beside it in the bucket. */
  report: string | undefined;
  reportMissing: string | undefined;
  leftOver: number | undefined;
  /** Where its code was on the master: tracebacks name it. */
  codeFolder: string | undefined;
  /** What the script wrote beside its code, below `files/` beside it in the bucket: relative paths with `/`. */
  files: readonly string[];
}

/**
 * A job as the explorer shows it.
 *
 * @param result where its process has left one
 * @param lost why it did not end by itself
 */
export function jobView(job: GoogleJob, cluster: ClusterRef, result?: JobResult, lost?: ErrorRecord): Job {
  const said = states[job.state];
  // The script had ended well when its cluster went.
  const ended = result?.exitCode === 0 && result.signal === undefined && result.error === undefined;
  const state = said === 'failed' && ended ? 'succeeded' : said;
  return {
    backend: 'dataproc',
    id: job.id,
    cluster,
    name: job.title,
    state,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    exitCode: result?.exitCode ?? (state === 'succeeded' ? 0 : undefined),
    signal: result?.signal,
    error: lost ?? result?.error,
    released: false,
    report: result?.report,
    ...(result?.reportMissing === undefined ? {} : { reportMissing: result.reportMissing }),
    ...(job.submittedBy === undefined ? {} : { owner: job.submittedBy }),
    ...(result?.leftOver === undefined || result.leftOver === 0 ? {} : { leftOver: result.leftOver }),
  };
}

/** Names come from a machine that ran a script: none may lead out of the run's folder. */
function isInside(name: string | undefined): name is string {
  return name !== undefined && name !== '' && !isAbsolute(name) && !/(^|[\\/])\.\.([\\/]|$)/.test(name);
}

/** Undefined when that is no result. */
export function jobResult(value: unknown): JobResult | undefined {
  const record = asRecord(value);
  if (record?.['version'] !== 1) {
    return undefined;
  }
  const error = recordField(record, 'error');
  const [code, message] = [stringField(error, 'code'), stringField(error, 'message')];
  return {
    exitCode: numberField(record, 'exitCode'),
    signal: stringField(record, 'signal'),
    error: code === undefined || message === undefined ? undefined : { code, message },
    report: stringField(record, 'report'),
    reportMissing: stringField(record, 'reportMissing'),
    leftOver: numberField(record, 'leftOver'),
    codeFolder: stringField(record, 'codeFolder'),
    files: Array.isArray(record['files'])
      ? record['files'].map((file) => stringField(asRecord(file), 'name')).filter(isInside)
      : [],
  };
}
