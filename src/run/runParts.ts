import type { Backend, InterpreterSource, Logger } from '../core/ports';
import type { BackendKind } from '../core/cluster';
import type { Profile } from '../core/profile';
import type { ReceiptAsker } from '../core/receipt';
import { UserError } from '../core/errors';

export interface ProfileSource {
  /**
   * @param scope the file or folder that is run, absolute
   * @throws UserError where there is no such profile, or a malformed one.
   */
  find(name: string, scope: string): Profile | Promise<Profile>;
}

/** What driving a run takes. */
export interface RunTools {
  backends: readonly Backend[];
  interpreters: InterpreterSource;
  /** Without it, runs start unasked. */
  receipts?: ReceiptAsker;
  logger: Logger;
  /** Workspace folders, absolute: where the user's own code is, to tell it from libraries in a traceback. */
  userFolders: () => readonly string[];
  /** The file with variables for what is run in a folder of the workspace. Without it, or undefined: none. */
  envFile?: (workspaceFolder: string) => string | undefined;
  /** Whether lines of tasks begin with the name of their worker, for what is run in a folder, absolute. Without it: no. */
  markWorkers?: (folder: string) => boolean;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Milliseconds to wait before each further attempt at something that failed and must be done. */
  retryDelays: readonly number[];
  /** How long a cancel waits for a submission that has begun, in milliseconds. */
  submitGrace: number;
}

export function backendOf(backends: readonly Backend[], kind: BackendKind): Backend {
  const backend = backends.find((candidate) => candidate.kind === kind);
  if (!backend) {
    throw new UserError({
      code: 'backendUnknown',
      what: `This version cannot use clusters of the kind "${kind}".`,
      next: 'Select another profile.',
    });
  }
  return backend;
}
