import { UserError } from '../core/errors';
import { asRecord, booleanField, recordField, stringField, type JsonRecord } from '../core/jsonValue';
import type { TlsFiles } from '../core/profile';
import { activatedFor } from '../machine/activation';
import { runCommand } from '../machine/command';
import { interpreterMissing, interpreterNotPython } from '../machine/interpreterErrors';
import { errorCode } from '../machine/jsonFile';
import { lastWord } from '../machine/logTail';
import { pythonEnvironment } from '../machine/pythonEnvironment';
import type { RunnerPackage } from '../machine/runnerPackage';

/** How a scheduler is reached, and by which Python. */
export interface Reach {
  address: string;
  tls: TlsFiles | undefined;
  interpreter: string;
}

const timeoutMilliseconds = 120_000;

/** Asks schedulers of others by Dask's own protocol, which only Python speaks. */
export class SchedulerCommands {
  readonly #runner: RunnerPackage;

  constructor(runner: RunnerPackage) {
    this.#runner = runner;
  }

  /** The base of its dashboard, where it has one. Throws a UserError when the scheduler cannot be asked. */
  async probe(reach: Reach, signal: AbortSignal): Promise<{ dashboardUrl: string | undefined }> {
    const answer = await this.#run('probe', reach, [], signal);
    return { dashboardUrl: stringField(answer, 'dashboardUrl') };
  }

  async restartWorkers(reach: Reach, signal: AbortSignal): Promise<void> {
    await this.#run('restart-workers', reach, [], signal);
  }

  /** Writes the scheduler's and the workers' logs into a folder. */
  async fetchLogs(reach: Reach, folder: string, signal: AbortSignal): Promise<{ id: string; path: string }[]> {
    const answer = await this.#run('fetch-logs', reach, ['--folder', folder], signal);
    const files: unknown = answer['files'];
    return (Array.isArray(files) ? files : []).flatMap((file: unknown) => {
      const record = asRecord(file);
      const [id, path] = [stringField(record, 'id'), stringField(record, 'path')];
      return id === undefined || path === undefined ? [] : [{ id, path }];
    });
  }

  async #run(command: string, reach: Reach, more: readonly string[], signal: AbortSignal): Promise<JsonRecord> {
    const { tls } = reach;
    const certificates = tls === undefined ? [] : ['--tls-ca', tls.ca, '--tls-cert', tls.cert, '--tls-key', tls.key];
    const args = [await this.#runner.main(), command, '--address', reach.address, ...certificates, ...more];
    let result;
    try {
      result = await runCommand(reach.interpreter, args, {
        env: await activatedFor(reach.interpreter, pythonEnvironment(process.env)),
        signal,
        timeoutMilliseconds,
      });
    } catch (error) {
      switch (errorCode(error)) {
        case 'ENOENT':
          throw interpreterMissing(reach.interpreter, error);
        case 'EACCES':
        case 'ENOEXEC':
          throw interpreterNotPython(reach.interpreter, error);
        default:
          throw error;
      }
    }
    const answer = parse(result.stdout);
    if (answer !== undefined && booleanField(answer, 'ok') === true) {
      return answer;
    }
    throw schedulerError(reach, recordField(answer, 'error'), lastWord(result.stderr));
  }
}

/** The answer is the last line; libraries may print before it. */
function parse(text: string): JsonRecord | undefined {
  try {
    return asRecord(JSON.parse(text.trim().split('\n').at(-1) ?? ''));
  } catch {
    return undefined;
  }
}

function schedulerError(reach: Reach, error: JsonRecord | undefined, stderr: string): UserError {
  const code = stringField(error, 'code') ?? 'schedulerUnreachable';
  if (code === 'daskMissing') {
    return new UserError({
      code,
      what: `The scheduler at ${reach.address} cannot be asked.`,
      why: `Dask is not installed in ${reach.interpreter}.`,
      next: 'Install Dask there, or use a managed environment.',
      buttons: [
        { title: 'Install Dask', action: { kind: 'installDask', interpreter: reach.interpreter } },
        { title: 'Use a Managed Environment', action: { kind: 'useManagedEnvironment' } },
      ],
    });
  }
  // The Python side says what and what next, in whole sentences.
  const message = stringField(error, 'message') ?? stderr;
  const sentences = /^(.*[.:]) ([A-Z][^.]*\.)$/s.exec(message);
  return new UserError({
    code: code === 'unreachable' ? 'schedulerUnreachable' : code,
    what: sentences?.[1] ?? (message === '' ? `The scheduler at ${reach.address} cannot be asked.` : message),
    next: sentences?.[2] ?? 'Check the address, and that the scheduler runs.',
  });
}
