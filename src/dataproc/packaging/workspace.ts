import type { Dirent, Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isMissing } from '../../machine/jsonFile';
import { IgnoreRules } from './ignoreRules';
import { isEnvironment, isPartOfEnvironment, secretByContent, secretByName } from './neverShipped';
import { changedMeanwhile, readable } from './packageErrors';
import type { RefusalKind } from './packagePlan';

type FileKind = Pick<Dirent, 'isFile' | 'isDirectory'>;

export type Verdict =
  | { kind: 'file'; bytes: number }
  | { kind: 'folder'; real: string }
  | { kind: 'missing' }
  | { kind: 'refused'; as: RefusalKind; why: string };

/** Nothing that git says keeps a file out that was asked for by its name. */
export type Asked = 'byName' | 'byPattern';

/** The folder that is packaged: what is in it, and what of that may leave this machine. Paths are relative, with `/`. */
export class Workspace {
  private readonly listings = new Map<string, Promise<ReadonlyMap<string, Dirent>>>();

  private constructor(
    /** Absolute and without links. */
    readonly root: string,
    private readonly git: IgnoreRules,
    private readonly dask: IgnoreRules,
    /** Folders that code lives in, which may have an environment made right into them. */
    private readonly own: ReadonlySet<string>,
  ) {}

  /** @param codeFolders relative, with `/`: where what is run is */
  static async open(folder: string, codeFolders: readonly string[]): Promise<Workspace> {
    const root = await readable(folder, () => realpath(folder));
    const own = new Set<string>();
    for (const code of codeFolders) {
      for (let at = code; at !== ''; at = parentOf(at)) {
        own.add(at);
      }
    }
    return new Workspace(root, await IgnoreRules.forGit(root), IgnoreRules.forDask(root), own);
  }

  absolute(path: string): string {
    return join(this.root, path);
  }

  /** Names in a folder; none where there is no such folder. Read once. @throws UserError `packageUnreadable` */
  list(folder: string): Promise<ReadonlyMap<string, Dirent>> {
    let listing = this.listings.get(folder);
    if (!listing) {
      listing = this.readFolder(this.absolute(folder));
      this.listings.set(folder, listing);
    }
    return listing;
  }

  async isFile(folder: string, name: string): Promise<boolean> {
    return this.isKind(folder, name, (entry) => entry.isFile());
  }

  async isFolder(folder: string, name: string): Promise<boolean> {
    return this.isKind(folder, name, (entry) => entry.isDirectory());
  }

  /** What may become of a path; both its own name and the place that links lead to must be fit to leave this machine. */
  async judge(path: string, asked: Asked): Promise<Verdict> {
    const absolute = this.absolute(path);
    let real: string;
    let info: Stats;
    try {
      real = await readable(absolute, () => realpath(absolute));
      info = await readable(absolute, () => stat(real));
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
      const entry = (await this.list(parentOf(path))).get(nameOf(path));
      return entry?.isSymbolicLink()
        ? { kind: 'refused', as: 'link', why: 'is a link that leads nowhere' }
        : { kind: 'missing' };
    }
    const place = pathWithin(this.root, real);
    if (place === undefined) {
      return { kind: 'refused', as: 'link', why: 'is behind a link that leads out of the workspace' };
    }
    const folder = info.isDirectory();
    for (const name of new Set([path, place])) {
      const refused = name === '' ? undefined : await this.refusal(name, folder, asked);
      if (refused) {
        return { kind: 'refused', ...refused };
      }
    }
    return folder
      ? { kind: 'folder', real: place }
      : info.isFile()
        ? { kind: 'file', bytes: info.size }
        : { kind: 'refused', as: 'special', why: 'is not a file' };
  }

  /** A file's content, unless it is what never leaves this machine: then why. */
  async read(path: string): Promise<{ bytes: Buffer } | { secret: string }> {
    const absolute = this.absolute(path);
    const bytes = await readable(absolute, () => readFile(absolute)).catch((error: unknown) => {
      throw isMissing(error) ? changedMeanwhile(path, 'is gone', error) : error;
    });
    const secret = secretByContent(path, bytes);
    return secret === undefined ? { bytes } : { secret };
  }

  private async refusal(
    path: string,
    folder: boolean,
    asked: Asked,
  ): Promise<{ as: RefusalKind; why: string } | undefined> {
    const secret = secretByName(path);
    if (secret !== undefined) {
      return { as: 'secret', why: secret };
    }
    for (let at = folder ? path : parentOf(path); at !== ''; at = parentOf(at)) {
      const mayBeCode = this.own.has(at) && !isPartOfEnvironment(path.slice(at.length + 1));
      if (!mayBeCode && isEnvironment(new Set((await this.list(at)).keys()))) {
        return { as: 'secret', why: 'belongs to a Python environment' };
      }
    }
    const name = folder ? `${path}/` : path;
    if (await this.dask.ignores(name)) {
      return { as: 'ignored', why: 'is named in .daskignore' };
    }
    return asked === 'byPattern' && (await this.git.ignores(name))
      ? { as: 'ignored', why: 'is ignored by git: a pattern without wildcards ships it all the same' }
      : undefined;
  }

  private async isKind(folder: string, name: string, is: (entry: FileKind) => boolean): Promise<boolean> {
    const entry = (await this.list(folder)).get(name);
    if (!entry?.isSymbolicLink()) {
      return entry !== undefined && is(entry);
    }
    try {
      return is(await stat(join(this.absolute(folder), name)));
    } catch {
      // It leads nowhere.
      return false;
    }
  }

  private async readFolder(folder: string): Promise<ReadonlyMap<string, Dirent>> {
    try {
      const entries = await readable(folder, () => readdir(folder, { withFileTypes: true }));
      return new Map(entries.map((entry) => [entry.name, entry]));
    } catch (error) {
      if (isMissing(error)) {
        return new Map();
      }
      throw error;
    }
  }
}

/** A path relative to a folder, with `/`; empty for the folder itself, undefined where it is not within. */
export function pathWithin(folder: string, path: string): string | undefined {
  const inner = relative(folder, path);
  return inner === '..' || inner.startsWith(`..${sep}`) || isAbsolute(inner) ? undefined : inner.split(sep).join('/');
}

/** Empty for what is in the root. */
export function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

export function joined(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
