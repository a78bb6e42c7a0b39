import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { formatBytes } from '../../core/bytes';
import { inParallel } from '../../machine/inParallel';
import { isMissing } from '../../machine/jsonFile';
import { inStorage } from '../../machine/storageErrors';
import { changedMeanwhile, tooLarge } from './packageErrors';
import type { PackagePlan, PlannedFile } from './packagePlan';
import { parentOf, Workspace } from './workspace';

export interface Archive {
  /** Absolute. */
  path: string;
  /** `<sha256>.zip` */
  name: string;
  /** Of the archive's bytes, in hex. */
  sha256: string;
  bytes: number;
}

/** Work between two looks at what else there is to do: a part of a second. */
const slice = 256_000;
/** Files that are read at the same time. */
const batch = 8;
const unix = 3;

/**
 * Writes the plan's files as one zip that Python imports from, named after its content: the same files give the same
 * bytes on every machine, whatever their times, modes and order, and one that is there already is left as it is. Each
 * file has its place relative to the plan's root, so that files of the same name never meet. Every file is judged
 * again as it is read: what has become a secret, or a link out, since the plan is not packed.
 *
 * @param folder absolute; made where it is missing
 * @throws UserError `packageFileChanged`, `packageUnreadable`, `packageTooLarge`, `storageNotWritable`, `diskFull`
 */
export async function writeArchive(plan: PackagePlan, folder: string, signal?: AbortSignal): Promise<Archive> {
  const content = await pack(plan, signal);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const bytes = content.length;
  const name = `${sha256}.zip`;
  const path = join(folder, name);
  await inStorage(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await sizeOf(path)) !== bytes) {
      await writeWhole(path, content);
    }
  });
  return { path, name, sha256, bytes };
}

async function pack(plan: PackagePlan, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) {
      throw new Error('The archive cannot be packed.', { cause: error });
    }
    chunks.push(chunk);
  });
  const workspace = await Workspace.open(plan.root, plan.importFolders).catch((error: unknown) => {
    throw isMissing(error) ? changedMeanwhile(plan.root, 'is gone', error) : error;
  });
  // Python before 3.14 finds a namespace package in an archive only where its folder is listed.
  for (const folder of foldersOf(plan.files)) {
    const entry = new ZipPassThrough(`${folder}/`);
    addEntry(zip, entry, 0o40755);
    entry.push(new Uint8Array(0), true);
  }
  let total = 0;
  for (let from = 0; from < plan.files.length; from += batch) {
    const files = plan.files.slice(from, from + batch);
    const contents = await inParallel(files, batch, (file) => {
      signal?.throwIfAborted();
      return readAgain(workspace, file);
    });
    for (const [index, { path }] of files.entries()) {
      const content = contents[index] ?? new Uint8Array();
      total += content.length;
      if (total > plan.maxBytes) {
        const size = formatBytes(content.length);
        throw tooLarge(`more than ${formatBytes(plan.maxBytes)}`, formatBytes(plan.maxBytes), [`${path} (${size})`]);
      }
      await addFile(zip, path, content);
    }
  }
  zip.end();
  return Buffer.concat(chunks);
}

async function addFile(zip: Zip, path: string, content: Uint8Array): Promise<void> {
  const entry = content.length > slice ? new ZipDeflate(path, { level: 6 }) : new SmallFile(path);
  addEntry(zip, entry, 0o100644);
  for (let at = 0; at === 0 || at < content.length; at += slice) {
    entry.push(content.subarray(at, at + slice), at + slice >= content.length);
    if (content.length > slice) {
      await new Promise(setImmediate);
    }
  }
}

/** Packed in one piece: fflate's stream makes large tables for each file. */
class SmallFile extends ZipPassThrough {
  override compression = 8;

  protected override process(chunk: Uint8Array<ArrayBuffer>, final: boolean): void {
    this.ondata(null, deflateSync(chunk, { level: 6 }), final);
  }
}

function addEntry(zip: Zip, entry: ZipPassThrough | ZipDeflate, mode: number): void {
  // The first day that a zip file can hold. fflate writes local time, whatever the zone is.
  entry.mtime = new Date(1980, 0, 1, 12);
  entry.os = unix;
  // The mode of Unix is the upper half, unsigned; the lower has the flag of DOS for a folder.
  entry.attrs = mode * 2 ** 16 + (entry.filename.endsWith('/') ? 0x10 : 0);
  zip.add(entry);
}

async function readAgain(workspace: Workspace, file: PlannedFile): Promise<Uint8Array> {
  const verdict = await workspace.judge(file.path, 'byName');
  if (verdict.kind !== 'file') {
    throw changedMeanwhile(
      file.path,
      verdict.kind === 'missing' ? 'is gone' : verdict.kind === 'refused' ? verdict.why : 'is a folder now',
    );
  }
  const content = await workspace.read(file.path);
  if ('secret' in content) {
    throw changedMeanwhile(file.path, content.secret);
  }
  return content.bytes;
}

/** All folders of the files, each once, outer ones first. */
function foldersOf(files: readonly PlannedFile[]): readonly string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    for (let folder = parentOf(path); folder !== '' && !folders.has(folder); folder = parentOf(folder)) {
      folders.add(folder);
    }
  }
  return [...folders].sort();
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

/** So that nobody sees a part of it under its name. */
async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
