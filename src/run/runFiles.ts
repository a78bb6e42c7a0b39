import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../machine/jsonFile';
import { forgetVariables } from '../machine/supervisorFiles';
import { runIdPattern } from './runId';

/** Where runs are on disk; see "Files on disk" in docs/architecture.md. */
export class RunFiles {
  readonly runs: string;
  /** One empty file for each run that is not over: an activation looks here, and not into every run there ever was. */
  readonly open: string;

  constructor(storage: string) {
    this.runs = join(storage, 'runs');
    this.open = join(storage, 'open');
  }

  folder(id: string): string {
    return join(this.runs, id);
  }

  intent(id: string): string {
    return join(this.runs, id, 'intent.json');
  }

  journal(id: string): string {
    return join(this.runs, id, 'journal.jsonl');
  }

  output(id: string): string {
    return join(this.runs, id, 'output.log');
  }

  cancel(id: string): string {
    return join(this.runs, id, 'cancel');
  }

  /** Newest first. */
  async ids(): Promise<string[]> {
    return (await names(this.runs)).sort().reverse();
  }

  /** Runs that are not over, oldest first. */
  async openIds(): Promise<string[]> {
    return (await names(this.open)).sort();
  }

  /** Makes the folders that all runs are in, for the user alone. */
  async prepare(): Promise<void> {
    await mkdir(this.runs, { recursive: true, mode: 0o700 });
    await mkdir(this.open, { recursive: true, mode: 0o700 });
  }

  async markOpen(id: string): Promise<void> {
    await writeFile(join(this.open, id), '', { mode: 0o600 });
  }

  /** For a run that needs nothing more. What it was given as variables stays in its intent alone, to run it again. */
  async close(id: string): Promise<void> {
    await forgetVariables(this.folder(id));
    await this.#unmark(id);
  }

  async #unmark(id: string): Promise<void> {
    await rm(join(this.open, id), { force: true });
  }

  async requestCancel(id: string): Promise<void> {
    await writeFile(this.cancel(id), '', { mode: 0o600 });
  }

  async cancelRequested(id: string): Promise<boolean> {
    return (await modified(this.cancel(id))) !== undefined;
  }

  /** When the marker of an open run was made, in milliseconds since 1970. */
  openSince(id: string): Promise<number | undefined> {
    return modified(join(this.open, id));
  }

  async remove(id: string): Promise<void> {
    await rm(this.folder(id), { recursive: true, force: true, maxRetries: 3 });
    await this.#unmark(id);
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => runIdPattern.test(name));
  } catch (error) {
    if (isMissing(error)) {
      return [];
    }
    throw error;
  }
}

async function modified(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return undefined;
  }
}
