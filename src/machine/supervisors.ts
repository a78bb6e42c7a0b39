import { access, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError, type ErrorRecord } from '../core/errors';
import { isTerminal, type Job, type OutputChunk } from '../core/job';
import { asRecord } from '../core/jsonValue';
import type { Logger } from '../core/ports';
import { ActivatedEnvironments } from './activatedEnvironments';
import { isAbandoned, isElsewhere } from './host';
import { FolderChanges } from './folderChanges';
import { followFile } from './followFile';
import { readJson, writeJson } from './jsonFile';
import { logTail } from './logTail';
import { isAlive, isSurelyAlive, requestEnd, spawnDetached, terminateTree, type DetachedProcess } from './processes';
import type { RunnerPackage } from './runnerPackage';
import { inStorage } from './storageErrors';
import { orderToJson, readJobFiles, type JobFiles, type JobOrder } from './supervisorFiles';
import { throwIfAborted } from './wait';
import type { Zygotes } from './zygotes';

/** How long a supervisor may take until its first status, on a machine that is busy. */
const firstStatusMilliseconds = 30_000;
/** A process's sudden end makes no event: this often it is looked for while somebody watches. */
const livenessMilliseconds = 1000;

/** How long a successor gets to write the end that a killed supervisor owes. */
const successorMilliseconds = 20_000;
const supervisorLog = 'supervisor.log';

export const supervisorLost: ErrorRecord = {
  code: 'supervisorLost',
  message:
    'The process that watched over the run has ended without a result. It was killed, or the machine was restarted. The output so far is kept. Run the file again.',
};

/** Starts the processes that run drivers on this machine, follows and cancels them. */
export class Supervisors {
  readonly #runner: RunnerPackage;
  readonly #logger: Logger;
  readonly #environments: ActivatedEnvironments;
  /** Folders of runs whose supervisor was killed, and when another one was started. */
  readonly #successors = new Map<string, number>();

  constructor(runner: RunnerPackage, logger: Logger, environments = new ActivatedEnvironments(logger)) {
    this.#runner = runner;
    this.#logger = logger;
    this.#environments = environments;
  }

  /**
   * Orders a job in its run's folder, once: a second call with the same folder starts nothing new.
   * Throws UserErrors `supervisorFailed`, `interpreterMissing`, `storageNotWritable`, `diskFull`.
   */
  async submit(order: JobOrder, zygotes: Zygotes | undefined, signal: AbortSignal): Promise<Job> {
    const folder = order.spec.folder;
    const known = await readJobFiles(folder);
    if (known === undefined) {
      const ofFile = await this.#environments.added(order.interpreter, order.spec.fileEnvironment ?? {});
      await inStorage(folder, () => writeJson(join(folder, 'job.json'), orderToJson(order, ofFile)));
    } else if (known.begun) {
      return known.job;
    }
    throwIfAborted(signal);
    const environment = await this.#environments.of(order.interpreter, order.environment);
    const request = { op: 'run', folder, environment } as const;
    if ((await zygotes?.fork(order.interpreter, request, signal)) === undefined) {
      await this.#start(order.interpreter, folder, signal);
    }
    const files = await readJobFiles(folder);
    if (files === undefined) {
      throw new Error(`The order in ${folder} has gone`);
    }
    return files.job;
  }

  /** The job in a folder now; undefined when there is none. A supervisor that has died is noticed. */
  async read(folder: string): Promise<Job | undefined> {
    return (await this.#look(folder))?.job;
  }

  /**
   * The job now and after each change. Ends when it is over and its cluster released, or when its
   * supervisor has died: then `released` tells whether the cluster still has to be.
   */
  async *watch(folder: string, signal: AbortSignal): AsyncGenerator<Job> {
    const names = ['status.json', 'job.json'];
    const changes = new FolderChanges(folder, livenessMilliseconds, (name) => names.includes(name));
    let last = '';
    try {
      for (;;) {
        throwIfAborted(signal);
        const seen = await this.#look(folder);
        if (seen === undefined) {
          return;
        }
        const text = JSON.stringify(seen.job);
        if (text !== last) {
          last = text;
          yield seen.job;
        }
        if (seen.over) {
          return;
        }
        await changes.next(signal);
      }
    } finally {
      changes.dispose();
    }
  }

  /** The output from a byte on, until the job has ended. */
  async *output(folder: string, from: number, signal: AbortSignal): AsyncGenerator<OutputChunk> {
    const stop = new AbortController();
    const done = this.#ended(folder, AbortSignal.any([signal, stop.signal]));
    try {
      yield* followFile(join(folder, 'output.log'), { from, done, signal });
    } finally {
      stop.abort();
      await done.catch(() => undefined);
    }
  }

  /** Asks for the end of a job; returns once asked. Jobs that are over stay as they are. */
  async cancel(folder: string): Promise<void> {
    await inStorage(folder, () => writeFile(join(folder, 'cancel'), '', { mode: 0o600 }));
    const seen = await this.#look(folder);
    const supervisor = seen?.files.supervisor;
    // A successor has no pid on disk yet: it finds the file. The old pid may be somebody else's by now.
    const here = supervisor !== undefined && !isElsewhere(supervisor);
    if (seen?.over === false && here && (await isSurelyAlive(supervisor))) {
      requestEnd(supervisor.pid);
    }
  }

  async #ended(folder: string, signal: AbortSignal): Promise<void> {
    for await (const job of this.watch(folder, signal)) {
      if (isTerminal(job.state)) {
        return;
      }
    }
  }

  async #start(interpreter: string, folder: string, signal: AbortSignal): Promise<void> {
    let child: DetachedProcess;
    try {
      child = await this.#spawn(interpreter, folder);
    } catch (error) {
      throw supervisorFailed(interpreter, error instanceof Error ? error.message : String(error), error);
    }
    const progress: { exitCode?: number | undefined; ended: boolean } = { ended: false };
    const changes = new FolderChanges(folder, 500, (name) => name === 'status.json');
    void child.exited.then(({ exitCode }) => {
      progress.exitCode = exitCode;
      progress.ended = true;
      changes.poke();
    });
    const limit = Date.now() + firstStatusMilliseconds;
    try {
      while (!(await exists(join(folder, 'status.json')))) {
        throwIfAborted(signal);
        if (progress.ended && progress.exitCode !== 0) {
          throw supervisorFailed(interpreter, await logTail(join(folder, supervisorLog)));
        }
        if (Date.now() > limit) {
          return;
        }
        await changes.next(signal);
      }
    } finally {
      changes.dispose();
    }
  }

  async #spawn(interpreter: string, folder: string): Promise<DetachedProcess> {
    return spawnDetached(interpreter, [await this.#runner.main(), 'supervise', '--folder', folder], {
      cwd: folder,
      env: await this.#environments.of(interpreter),
      output: join(folder, supervisorLog),
    });
  }

  async #look(folder: string): Promise<{ job: Job; files: JobFiles; over: boolean } | undefined> {
    const files = await readJobFiles(folder);
    if (files === undefined) {
      return undefined;
    }
    if (isOver(files)) {
      this.#successors.delete(folder);
      return { job: files.job, files, over: true };
    }
    if ((await this.#isWatched(folder, files)) || (await this.#hasSuccessor(folder, files))) {
      return { job: files.job, files, over: false };
    }
    // It may have written its last word between the two looks.
    const latest = (await readJobFiles(folder)) ?? files;
    const job = isTerminal(latest.job.state) ? latest.job : await this.#giveUp(folder, latest);
    return { job, files: latest, over: true };
  }

  async #isWatched(folder: string, files: JobFiles): Promise<boolean> {
    if (isElsewhere(files.supervisor)) {
      return !(await isAbandoned(['status.json', 'output.log'].map((name) => join(folder, name))));
    }
    if (files.supervisor !== undefined) {
      return isAlive(files.supervisor);
    }
    const ordered = await stat(join(folder, 'job.json'));
    return Date.now() - ordered.mtimeMs < firstStatusMilliseconds;
  }

  /**
   * Starts another supervisor in the place of one that was killed: it ends the driver, writes the result and
   * releases the cluster. Its lock keeps it from acting beside one that the zygote has forked.
   */
  async #hasSuccessor(folder: string, files: JobFiles): Promise<boolean> {
    const since = this.#successors.get(folder);
    if (since !== undefined) {
      return Date.now() - since < successorMilliseconds;
    }
    // Without any status it would run the script, perhaps a second time.
    if (!files.begun || files.interpreter === undefined || isElsewhere(files.supervisor)) {
      return false;
    }
    this.#successors.set(folder, Date.now());
    try {
      await this.#spawn(files.interpreter, folder);
      return true;
    } catch (error) {
      this.#logger.warn(`No supervisor could be started for ${files.job.id}`, error);
      return false;
    }
  }

  /** The supervisor cannot write the end any more, so it is written here, after the driver's own end. */
  async #giveUp(folder: string, files: JobFiles): Promise<Job> {
    const away = isElsewhere(files.supervisor);
    if (!away && files.driver !== undefined && (await isSurelyAlive(files.driver))) {
      await terminateTree(files.driver.pid, 'SIGKILL');
    }
    const status = {
      version: 1,
      id: files.job.id,
      ...asRecord(await readJson(join(folder, 'status.json'))),
      state: 'failed',
      endedAt: new Date().toISOString(),
      exitCode: null,
      signal: null,
      error: supervisorLost,
      // What is on another machine is not released from here.
      released: away,
    };
    try {
      await writeJson(join(folder, 'status.json'), status);
    } catch (error) {
      this.#logger.error(`The end of ${files.job.id} could not be written`, error);
    }
    return { ...files.job, state: 'failed', endedAt: Date.parse(status.endedAt), error: supervisorLost };
  }
}

function isOver(files: JobFiles): boolean {
  return isTerminal(files.job.state) && files.job.released;
}

function supervisorFailed(interpreter: string, reason: string, cause?: unknown): UserError {
  return new UserError({
    code: 'supervisorFailed',
    what: `The run could not be started with ${interpreter}.`,
    ...(reason === '' ? {} : { why: `Python says: ${reason}` }),
    next: 'Check the interpreter, then run the file again.',
    buttons: [{ title: 'Select Interpreter', action: { kind: 'selectInterpreter' } }],
    cause,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
