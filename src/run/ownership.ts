import { randomBytes } from 'node:crypto';
import { link, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asRecord } from '../core/jsonValue';
import { errorCode, isMissing } from '../machine/jsonFile';
import { isAbandoned, isElsewhere } from '../machine/host';
import type { ProcessIdentity } from '../machine/processes';
import { identityIn } from '../machine/supervisorFiles';

/** The processes of this machine, as far as owning a run needs them. */
export interface ProcessTable {
  /** This extension host. */
  self(): Promise<ProcessIdentity>;
  isAlive(identity: ProcessIdentity): Promise<boolean>;
}

/** Who drives a run: nobody any more, this extension host, another one, or one of another machine that shares the folder. */
export type Owner = 'nobody' | 'self' | 'other' | 'elsewhere';

/** A file without content is one that is being written, for so long. */
const writingMilliseconds = 10_000;

/**
 * Makes exactly one extension host drive a run: files `owner.<n>` in its folder, each made exclusively and whole.
 * The highest counts, and a next one is made only when the process in it has gone.
 */
export class Ownership {
  readonly #processes: ProcessTable;
  #self: Promise<ProcessIdentity> | undefined;

  constructor(processes: ProcessTable) {
    this.#processes = processes;
  }

  async ownerOf(folder: string): Promise<Owner> {
    return (await this.#current(folder)).owner;
  }

  /** Owns a run whose folder this process has just made: nobody else can have tried. */
  async claimNew(folder: string): Promise<void> {
    await this.#claim(folder, 0);
  }

  /** True when the run is ours from now on; false when another process was sooner, or drives it. */
  async takeOver(folder: string): Promise<boolean> {
    const { owner, highest } = await this.#current(folder);
    return owner === 'nobody' && (await this.#claim(folder, highest + 1));
  }

  /** Lets another process take the run over while this one still lives. */
  async giveUp(folder: string): Promise<void> {
    const { owner, highest } = await this.#current(folder);
    if (owner === 'self') {
      const { host } = await this.#identity();
      // It stays this machine's: its supervisor and cluster are here.
      await this.#put(folder, highest, { pid: 0, pidStart: '', ...(host === undefined ? {} : { host }) }, rename);
    }
  }

  async #claim(folder: string, number: number): Promise<boolean> {
    try {
      await this.#put(folder, number, await this.#identity(), link);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') {
        return false;
      }
      throw error;
    }
  }

  /** Writes beside, and then puts it in its place at once, so that nobody reads a part. */
  async #put(
    folder: string,
    number: number,
    identity: ProcessIdentity,
    place: (from: string, to: string) => Promise<void>,
  ): Promise<void> {
    const temporary = join(folder, `owner.tmp-${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(temporary, JSON.stringify({ version: 1, ...identity }), { mode: 0o600 });
      await place(temporary, join(folder, `owner.${number}`));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #current(folder: string): Promise<{ owner: Owner; highest: number }> {
    const highest = await highestIn(folder);
    if (highest < 0) {
      return { owner: 'nobody', highest };
    }
    return { owner: await this.#holder(join(folder, `owner.${highest}`)), highest };
  }

  async #holder(path: string): Promise<Owner> {
    let identity: ProcessIdentity | undefined;
    try {
      identity = parseIdentity(await readFile(path, 'utf8'));
      if (!identity) {
        return Date.now() - (await stat(path)).mtimeMs < writingMilliseconds ? 'other' : 'nobody';
      }
    } catch (error) {
      if (isMissing(error)) {
        return 'nobody';
      }
      throw error;
    }
    const self = await this.#identity();
    if (isElsewhere(identity)) {
      const names = ['journal.jsonl', 'status.json', 'output.log'];
      const paths = [path, ...names.map((name) => join(dirname(path), name))];
      return (await isAbandoned(paths)) ? 'nobody' : 'elsewhere';
    }
    if (identity.pid === self.pid && identity.pidStart === self.pidStart) {
      return 'self';
    }
    return (await this.#processes.isAlive(identity)) ? 'other' : 'nobody';
  }

  #identity(): Promise<ProcessIdentity> {
    this.#self ??= this.#processes.self();
    return this.#self;
  }
}

/** The other machine that shares the folder and has a run, by its name; undefined for one of this machine. */
export async function otherHostOf(folder: string): Promise<string | undefined> {
  const path = join(folder, `owner.${await highestIn(folder)}`);
  const identity = parseIdentity(await readFile(path, 'utf8').catch(() => ''));
  return isElsewhere(identity) ? identity?.host : undefined;
}

async function highestIn(folder: string): Promise<number> {
  const numbers = (await readdir(folder))
    .map((name) => /^owner\.(\d+)$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
  return Math.max(-1, ...numbers);
}

function parseIdentity(text: string): ProcessIdentity | undefined {
  let record;
  try {
    record = asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
  return identityIn(record, 'pid', 'pidStart');
}
