import { isCancelled } from '../core/errors';
import { explainFailure } from '../core/failure';
import type { FailureInput } from '../core/failure';
import type { Job, JobRef } from '../core/job';
import { isTerminal } from '../core/job';
import type { Backend } from '../core/ports';
import { modulesIn } from '../machine/modulesIn';
import { pause } from '../machine/wait';
import { scriptText } from '../machine/scriptText';
import type { Ended } from './journal';
import { copyOutput, fileTail } from './runOutput';
import type { RunTools } from './runParts';

export interface Follow {
  backend: Backend;
  job: JobRef;
  folder: string;
  /** Path of `output.log`. */
  output: string;
  /** What wording a failure needs besides the output. */
  failure: Pick<FailureInput, 'mainFile' | 'folders' | 'interpreter' | 'attached' | 'packagesField' | 'local'>;
  /** Folder that the script imports from first. */
  directory: string;
  tools: Pick<RunTools, 'retryDelays' | 'now' | 'logger'>;
  signal: AbortSignal;
  onStarted: (startedAt: number) => void;
  /** Called once, as soon as the result is known: the cluster may not be released by then. */
  onEnded: (ended: Ended) => Promise<void>;
}

/** What became of a job after its end. */
export interface JobRest {
  /** True when its cluster was released. */
  released: boolean;
  /** File name of the report. */
  report: string | undefined;
  reportMissing: string | undefined;
  leftOver: number | undefined;
}

/** Where there was no job, or nothing is known of it. */
export const noRest: JobRest = {
  released: false,
  report: undefined,
  reportMissing: undefined,
  leftOver: undefined,
};

/** A traceback is at the end of the output, with what is printed while a script is torn down below it. */
const tailBytes = 256 * 1024;

/**
 * Follows a job to its end, through failures of whoever tells about it. When nothing can be learned any more, the
 * run counts as failed.
 */
export async function followJob(follow: Follow): Promise<JobRest> {
  const { backend, job, folder, tools, signal } = follow;
  // Handled at once: a failure must not go unheard while the job is still followed.
  const copied = backend.copyOutput
    ? copyOutput(backend, job, folder, follow.output, tools.retryDelays, signal).catch((error: unknown) => {
        tools.logger.warn(`The output of the run ${job.id} could not be copied to its end`, error);
      })
    : Promise.resolve();
  let ended = false;
  let last: JobRest = noRest;
  for (let failures = 0; ; failures++) {
    let problem: unknown = new Error('The job cannot be found');
    try {
      for await (const state of backend.watchJob(job, folder, signal)) {
        failures = 0;
        if (state.startedAt !== undefined) {
          follow.onStarted(state.startedAt);
        }
        if (isTerminal(state.state)) {
          const { released, report, reportMissing, leftOver } = state;
          last = { released, report, reportMissing, leftOver };
          if (!ended) {
            await copied;
            ended = true;
            await follow.onEnded(await endedEntry(follow, state));
          }
        }
      }
    } catch (error) {
      problem = error;
    }
    signal.throwIfAborted();
    if (ended) {
      return last;
    }
    const delay = tools.retryDelays[failures];
    if (isCancelled(problem) || delay === undefined) {
      throw problem;
    }
    tools.logger.warn(`The job ${job.id} is not told about; asking again`, problem);
    await pause(delay, signal);
  }
}

async function endedEntry(follow: Follow, job: Job): Promise<Ended> {
  const { exitCode, signal } = job;
  const failed = job.state === 'failed';
  return {
    act: 'ended',
    state: job.state === 'succeeded' || job.state === 'cancelled' ? job.state : 'failed',
    startedAt: job.startedAt,
    endedAt: job.endedAt ?? follow.tools.now(),
    exitCode,
    signal,
    error: failed
      ? explainFailure({
          ...follow.failure,
          script: await scriptText(follow.failure.mainFile),
          beside: await modulesIn(follow.directory),
          tail: await fileTail(follow.output, tailBytes).catch(() => new Uint8Array()),
          exitCode,
          signal,
          error: job.error,
        })
      : undefined,
  };
}
