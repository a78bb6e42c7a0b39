import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { formatBytes } from '../../core/bytes';
import type { UserError } from '../../core/errors';
import type { JobTarget } from '../../core/job';
import { inParallel } from '../../machine/inParallel';
import { isMissing } from '../../machine/jsonFile';
import { addGlobFiles } from './globFiles';
import { ImportedFiles } from './importedFiles';
import { namedFiles } from './namedFiles';
import { readable, targetMissing, targetRefused, tooLarge, tooManyFiles } from './packageErrors';
import type { HiddenImport, PackagePlan, PlannedFile } from './packagePlan';
import { Selection } from './selection';
import { joined, parentOf, pathWithin, Workspace } from './workspace';

export interface PackageRequest {
  target: JobTarget;
  /** Absolute; undefined where none is open. */
  workspaceFolder: string | undefined;
  /** More files of the workspace, relative to it, with `/`; see `addGlobFiles`. Without effect for targets elsewhere. */
  globs?: readonly string[];
  /** Limit of all files together, before they are packed. */
  maxBytes?: number;
  signal?: AbortSignal;
}

const defaultMaxBytes = 100_000_000;
/** What a zip file without extensions can hold, and more than code has. */
const maxFiles = 50_000;

/**
 * What a run needs of this machine's code: its file or module, the workspace's modules that this imports, found
 * without running it, and files by patterns. A module that is imported is shipped although git ignores it; what
 * `.daskignore` names is not, and keys, credentials, histories and environments never are, also not through links.
 *
 * @throws UserError `targetMissing`, `targetRefused`, `packageUnreadable`, `packageTooLarge`, `packageTooManyFiles`,
 * `badPackageGlob`, `packageFileChanged`
 */
export async function planPackage(request: PackageRequest): Promise<PackagePlan> {
  const { target, globs = [], maxBytes = defaultMaxBytes, signal } = request;
  const { workspace, folder, inWorkspace } = await findPlace(target, request.workspaceFolder);
  const selection = new Selection(workspace, maxBytes);
  const roots = await importRoots(workspace, folder);
  const imports = new ImportedFiles(workspace, selection, roots, signal);
  const first = await addTarget(target, folder, imports);
  const refusal = first === undefined ? undefined : selection.refusal(first);
  if (refusal) {
    throw targetRefused(workspace.absolute(refusal.path), refusal.why);
  }
  if (first === undefined || !selection.has(first)) {
    throw missing(target);
  }
  const unmatchedGlobs = inWorkspace ? await addGlobFiles(workspace, selection, globs, signal) : globs;
  checkLimits(selection.files, maxBytes);
  await inParallel(selection.unread, 8, (path) => {
    signal?.throwIfAborted();
    return selection.read(path);
  });
  const { files } = selection;
  return {
    root: workspace.root,
    files,
    bytes: total(files),
    refused: selection.refused,
    main: target.kind === 'file' ? first : undefined,
    importFolders: roots.filter((root) => root === '' || files.some(({ path }) => path.startsWith(`${root}/`))),
    unmatchedGlobs,
    named: await namedFiles(workspace, selection, imports.read, folder),
    hidden: imports.hidden.filter((one) => !isShipped(one, files)),
    takesPatterns: inWorkspace,
    maxBytes,
  };
}

/** Whether a pattern ships the modules that may be meant: those of the folder, or any where none is known. */
function isShipped({ folder = '' }: HiddenImport, files: readonly PlannedFile[]): boolean {
  return files.some(
    ({ path, reason }) =>
      reason.kind === 'glob' && path.endsWith('.py') && (folder === '' || path.startsWith(`${folder}/`)),
  );
}

/** Path of the file that the target is, relative to the workspace; undefined where there is no such module. */
async function addTarget(target: JobTarget, folder: string, imports: ImportedFiles): Promise<string | undefined> {
  if (target.kind === 'function') {
    return imports.addModule(target.module, { kind: 'target' });
  }
  const path = joined(folder, basename(target.path));
  await imports.addFile(path, { kind: 'target' });
  return path;
}

/** The folder that is packaged, and the target's own in it. */
async function findPlace(
  target: JobTarget,
  workspaceFolder: string | undefined,
): Promise<{ workspace: Workspace; folder: string; inWorkspace: boolean }> {
  const own = target.kind === 'file' ? dirname(target.path) : target.directory;
  const real = await realFolder(own);
  if (real === undefined) {
    throw missing(target);
  }
  const root = workspaceFolder === undefined ? undefined : await realFolder(workspaceFolder);
  if (workspaceFolder !== undefined && root !== undefined) {
    // The name counts first: a folder that is linked into the workspace is a part of it, and judged as one.
    const folder = pathWithin(workspaceFolder, own) ?? pathWithin(root, real);
    if (folder !== undefined) {
      return { workspace: await Workspace.open(root, [folder]), folder, inWorkspace: true };
    }
  }
  return { workspace: await Workspace.open(real, ['']), folder: '', inWorkspace: false };
}

async function realFolder(folder: string): Promise<string | undefined> {
  try {
    return await readable(folder, () => realpath(folder));
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

function missing(target: JobTarget): UserError {
  return target.kind === 'file'
    ? targetMissing(`"${basename(target.path)}"`, `"${dirname(target.path)}"`)
    : targetMissing(`The module "${target.module}"`, `"${target.directory}"`);
}

/**
 * Where absolute imports are looked for: the target's own folder, then for each project around it (a folder with
 * `pyproject.toml`) that folder and its `src`, and the workspace folder.
 */
async function importRoots(workspace: Workspace, folder: string): Promise<readonly string[]> {
  const roots = [folder];
  for (let at = folder; ; at = parentOf(at)) {
    const project = await workspace.isFile(at, 'pyproject.toml');
    if (project && (await workspace.isFolder(at, 'src'))) {
      roots.push(joined(at, 'src'));
    }
    if (project || at === '') {
      roots.push(at);
    }
    if (at === '') {
      return [...new Set(roots)];
    }
  }
}

function checkLimits(files: readonly PlannedFile[], maxBytes: number): void {
  const bytes = total(files);
  if (bytes > maxBytes) {
    const largest = [...files].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
    throw tooLarge(
      formatBytes(bytes),
      formatBytes(maxBytes),
      largest.map((file) => `${file.path} (${formatBytes(file.bytes)})`),
    );
  }
  if (files.length > maxFiles) {
    throw tooManyFiles(files.length, maxFiles);
  }
}

function total(files: readonly PlannedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
