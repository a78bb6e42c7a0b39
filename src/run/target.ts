import { basename, dirname, sep } from 'node:path';
import type { JobTarget } from '../core/job';
import type { RunRequest } from '../core/run';

/** For people: the file's name, or `module:function`. */
function targetName(target: JobTarget): string {
  return target.kind === 'file' ? basename(target.path) : `${target.module}:${target.function}`;
}

/** For people: the target's name, with the commit that it was fetched from. */
export function runName({ target, origin }: Pick<RunRequest, 'target' | 'origin'>): string {
  return origin === undefined ? targetName(target) : `${targetName(target)} @ ${origin.commit.slice(0, 7)}`;
}

/** The file that is run, where it is one file. */
export function targetFile(target: JobTarget): string | undefined {
  return target.kind === 'file' ? target.path : undefined;
}

/** What settings of folders go by: the file, or the folder that holds the function's module. Absolute. */
export function scopeOf(target: JobTarget): string {
  return targetFile(target) ?? codeDirectory(target);
}

/** Directory whose modules the script imports as its own. */
export function codeDirectory(target: JobTarget): string {
  return target.kind === 'file' ? dirname(target.path) : target.directory;
}

/** The innermost of these folders that holds a directory; undefined where none does. All absolute. */
export function folderAround(directory: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => `${directory}${sep}`.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`))
    .sort((a, b) => b.length - a.length)[0];
}
