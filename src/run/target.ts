import { basename, dirname } from 'node:path';
import type { JobTarget } from '../core/job';

/** For people: the file's name, or `module:function`. */
export function targetName(target: JobTarget): string {
  return target.kind === 'file' ? basename(target.path) : `${target.module}:${target.function}`;
}

/** The file that is run, where it is one file. */
export function targetFile(target: JobTarget): string | undefined {
  return target.kind === 'file' ? target.path : undefined;
}

/** Directory whose modules the script imports as its own. */
export function codeDirectory(target: JobTarget): string {
  return target.kind === 'file' ? dirname(target.path) : target.directory;
}
