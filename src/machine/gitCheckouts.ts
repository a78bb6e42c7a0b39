import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCancelled, UserError } from '../core/errors';
import type { CodeOrigin, CodeReference } from '../core/run';
import { runCommand, type CommandResult } from './command';
import { gitFailed } from './gitErrors';
import { inStorage } from './storageErrors';

const wholeCommit = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
/** A commit's first digits: servers give only whole ones, so that the branches must be fetched to find it. */
const someCommit = /^[0-9a-f]{7,64}$/;

/**
 * Commits of git repositories as folders on this machine: `checkouts/<repository>/<commit>/`, each fetched once and
 * without its history. Git itself does it, with the user's own configuration and credentials; it is never let ask.
 */
export class GitCheckouts {
  constructor(
    private readonly storage: string,
    /** Path of git, or its name on `PATH`. */
    private readonly git: () => string,
  ) {}

  /**
   * The code of a branch, tag or commit; of the default branch where `ref` is empty. A whole commit that is here
   * already needs no network.
   *
   * @throws UserError where it cannot be had, CancelledError on abort
   */
  async fetch({ repository, ref }: CodeReference, signal: AbortSignal): Promise<CodeOrigin> {
    const wrong = problemOfRepository(repository) ?? problemOfRef(ref);
    if (wrong !== undefined) {
      throw new UserError({ code: 'gitReferenceInvalid', what: 'Nothing was fetched.', next: wrong });
    }
    const parent = join(this.storage, 'checkouts', createHash('sha256').update(repository).digest('hex').slice(0, 16));
    const folder = (commit: string): string => join(parent, commit);
    const known = wholeCommit.test(ref) && existsSync(folder(ref)) ? ref : undefined;
    const commit = known ?? (await this.#make(repository, ref, parent, signal));
    return { repository, ref, commit, folder: folder(commit) };
  }

  /** Python files of a checkout that git tracks, relative to it, with `/`, sorted. */
  async pythonFiles(folder: string, signal: AbortSignal): Promise<readonly string[]> {
    const { stdout } = await this.#run(['-C', folder, 'ls-files', '-z', '--', '*.py'], signal, '');
    return stdout.split('\0').filter((path) => path !== '');
  }

  /** Where a folder's own repository comes from; undefined where it is none or has no remote. */
  async remoteOf(folder: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const { stdout } = await this.#run(['-C', folder, 'remote', 'get-url', 'origin'], signal, '');
      return stdout.trim();
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      return undefined;
    }
  }

  /** The commit, which is a folder of `parent` then. It is made beside it, and appears whole. */
  async #make(repository: string, ref: string, parent: string, signal: AbortSignal): Promise<string> {
    const making = join(parent, `.making-${randomUUID()}`);
    const git = (...args: string[]): Promise<CommandResult> =>
      this.#run(['-C', making, ...args], signal, repository, ref);
    try {
      await inStorage(this.storage, () => mkdir(making, { recursive: true, mode: 0o700 }));
      await git('init', '--quiet');
      const commit = await this.#resolve(git, repository, ref);
      await git('checkout', '--quiet', '--force', '--detach', commit);
      if (existsSync(join(making, '.gitmodules'))) {
        // Addresses of modules may be relative to the repository's own.
        await git('remote', 'add', 'origin', repository);
        await git('submodule', '--quiet', 'update', '--init', '--recursive', '--depth', '1');
      }
      await appear(making, join(parent, commit));
      return commit;
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }

  async #resolve(git: (...args: string[]) => Promise<CommandResult>, repository: string, ref: string): Promise<string> {
    const commitOf = async (name: string): Promise<string> =>
      (await git('rev-parse', '--verify', '--end-of-options', `${name}^{commit}`)).stdout.trim();
    const fetch = (...what: string[]): Promise<CommandResult> =>
      git('fetch', '--quiet', '--no-tags', ...what.slice(1), '--', repository, what[0] ?? '');
    try {
      await fetch(ref === '' ? 'HEAD' : ref, '--depth', '1');
      return await commitOf('FETCH_HEAD');
    } catch (error) {
      if (isCancelled(error) || !someCommit.test(ref)) {
        throw error;
      }
      await fetch('+refs/heads/*:refs/remotes/origin/*');
      return commitOf(ref);
    }
  }

  async #run(args: readonly string[], signal: AbortSignal, repository: string, ref = ''): Promise<CommandResult> {
    let result: CommandResult;
    try {
      result = await runCommand(this.git(), args, { env: gitEnvironment(process.env), signal });
    } catch (error) {
      throw isCancelled(error) ? error : gitFailed(error, repository, ref);
    }
    if (result.exitCode !== 0) {
      throw gitFailed(result, repository, ref);
    }
    return result;
  }
}

/** What is wrong with the address of a repository, as a sentence; undefined: nothing. */
export function problemOfRepository(repository: string): string | undefined {
  if (repository.trim() === '' || repository.startsWith('-')) {
    return 'Give the URL or the path of a repository.';
  }
  if (/^\.{1,2}(\/|\\|$)/.test(repository)) {
    return 'Give the whole path of the repository.';
  }
  return /^[a-z+]+:\/\/[^/@]*:[^/@]+@/i.test(repository)
    ? 'The URL holds a password, which would be kept on disk. Give it without, and let a credential helper of git have it.'
    : undefined;
}

/** What is wrong with a branch, tag or commit, as a sentence; undefined: nothing. As `git check-ref-format` has it. */
export function problemOfRef(ref: string): string | undefined {
  return /^[-/.]|[\s~^:?*[\\]|\.\.|@\{|\/$|\.$|\.lock$/.test(ref)
    ? 'Give the name of a branch or a tag, or a commit.'
    : undefined;
}

/** Another window may have made the same: that one stays. */
async function appear(made: string, folder: string): Promise<void> {
  try {
    await rename(made, folder);
  } catch (error) {
    try {
      await access(folder);
    } catch {
      throw error;
    }
  }
}

/** In English, never waiting for an answer, and not about the repository that VS Code itself was started in. */
function gitEnvironment(base: NodeJS.ProcessEnv): Record<string, string> {
  const own = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY', 'GIT_COMMON_DIR'];
  const kept = Object.entries(base).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined && !own.includes(entry[0]);
  });
  return { ...Object.fromEntries(kept), GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
}
