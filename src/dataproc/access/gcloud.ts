import { access as mayAccess, constants } from 'node:fs/promises';
import { basename, delimiter, dirname, join } from 'node:path';
import type { UserError } from '../../core/errors';
import { runCommand, type CommandResult } from '../../machine/command';
import { gcloudFailed, gcloudMissing, notSignedIn, signInEnded } from './signInErrors';
import type { Token, TokenSource } from './tokenSource';

/** gcloud gives tokens that are good for five minutes and more, and does not say how long: it is asked again after four. */
const goodFor = 9 * 60_000;
/** gcloud is a Python program, and slow at first. Milliseconds. */
const patience = 30_000;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GcloudAccount {
  account: string;
  active: boolean;
}

/** The account of the gcloud tool. */
export class Gcloud implements TokenSource {
  readonly kind = 'gcloud';

  /** @param chosen the account to use; default the one that is active in gcloud */
  constructor(
    private readonly environment: Environment,
    private readonly chosen?: string,
    private readonly now: () => number = Date.now,
  ) {}

  async fetch(signal: AbortSignal): Promise<Token> {
    const args = ['auth', 'print-access-token', ...(this.chosen === undefined ? [] : [`--account=${this.chosen}`])];
    const value = (await this.#run(args, signal)).trim().split(/\s+/).at(-1) ?? '';
    if (value === '') {
      throw notSignedIn('gcloud', this.chosen);
    }
    return { value, endsAt: this.now() + goodFor };
  }

  async account(signal: AbortSignal): Promise<string | undefined> {
    return this.chosen ?? (await this.#setting('account', signal));
  }

  project(signal: AbortSignal): Promise<string | undefined> {
    return this.#setting('project', signal);
  }

  /** Those that gcloud has a sign-in of. */
  async accounts(signal: AbortSignal): Promise<readonly GcloudAccount[]> {
    const listed: unknown = JSON.parse(await this.#run(['auth', 'list', '--format=json'], signal));
    return (Array.isArray(listed) ? (listed as { account?: unknown; status?: unknown }[]) : [])
      .filter((one): one is { account: string; status?: unknown } => typeof one.account === 'string')
      .map(({ account, status }) => ({ account, active: status === 'ACTIVE' }));
  }

  async #setting(name: string, signal: AbortSignal): Promise<string | undefined> {
    const text = (await this.#run(['config', 'get', name], signal)).trim();
    return text === '' || text === '(unset)' ? undefined : text;
  }

  async #run(args: readonly string[], signal: AbortSignal): Promise<string> {
    // It becomes part of a command line on Windows.
    if (this.chosen !== undefined && !/^[\w.+@-]+$/.test(this.chosen)) {
      throw notSignedIn('gcloud', this.chosen);
    }
    const program = await findGcloud(this.environment);
    if (program === undefined) {
      throw gcloudMissing();
    }
    const result = await this.#start(program, args, signal);
    if (result.exitCode !== 0) {
      throw failureOf(result, `gcloud ${args.join(' ')}`, this.chosen);
    }
    return result.stdout;
  }

  #start(program: string, args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
    const script = /\.(cmd|bat)$/i.test(program);
    const set = Object.entries(this.environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return runCommand(script ? 'cmd.exe' : program, script ? ['/d', '/c', basename(program), ...args] : args, {
      // cmd reads paths with blanks and parentheses in its own ways, and looks here first.
      ...(script ? { cwd: dirname(program) } : {}),
      // It asks nobody: what it would ask is told instead.
      env: { ...Object.fromEntries(set), CLOUDSDK_CORE_DISABLE_PROMPTS: '1' },
      timeoutMilliseconds: patience,
      signal,
    });
  }
}

/** Absolute path of gcloud: on the PATH, or where its installer puts it. */
export async function findGcloud(environment: Environment): Promise<string | undefined> {
  const windows = process.platform === 'win32';
  const home = environment[windows ? 'USERPROFILE' : 'HOME'];
  const path = environment['PATH'] ?? environment['Path'] ?? '';
  const folders = [...path.split(delimiter), ...(home === undefined ? [] : [join(home, 'google-cloud-sdk', 'bin')])];
  for (const folder of folders.filter((one) => one !== '')) {
    for (const name of windows ? ['gcloud.cmd', 'gcloud.exe'] : ['gcloud']) {
      const file = join(folder, name);
      if (
        await mayAccess(file, windows ? constants.F_OK : constants.X_OK).then(
          () => true,
          () => false,
        )
      ) {
        return file;
      }
    }
  }
  return undefined;
}

function failureOf({ exitCode, stderr }: CommandResult, command: string, account: string | undefined): UserError {
  if (/reauth|invalid_rapt|cannot prompt during non-interactive/i.test(stderr)) {
    return signInEnded('gcloud', true, account);
  }
  if (/invalid_grant|problem refreshing your current auth tokens|expired or revoked/i.test(stderr)) {
    return signInEnded('gcloud', false, account);
  }
  if (/do not currently have an active account|no credentialed accounts|any valid credentials/i.test(stderr)) {
    return notSignedIn('gcloud', account);
  }
  if (exitCode === undefined) {
    return gcloudFailed(command, `nothing in ${patience / 1000} seconds.`);
  }
  return gcloudFailed(command, wordsOf(stderr));
}

/** The line that says why, without anything that looks like a token. */
function wordsOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const line = lines.find((one) => one.startsWith('ERROR:')) ?? lines.findLast((one) => one !== '') ?? '';
  const text = line.replace(/^ERROR:\s*(\([^)]*\)\s*)?/, '').replace(/\b(ya29|1\/\/)[\w./-]+/g, '(token)');
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
