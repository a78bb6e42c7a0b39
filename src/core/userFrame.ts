import { functionsOf } from './pythonFunctions';
import type { Frame, Traceback } from './traceback';

export interface UserCode {
  /** The file that was run, absolute. */
  mainFile?: string | undefined;
  /** Its text: functions of it that were sent to workers lead to it. */
  script?: string | undefined;
  /** Directories of the user's own code, absolute: a traceback is shown where it touches these. */
  folders: readonly string[];
  /** The file on this machine that a path of another machine's means, where it is of the run's code. */
  local?: ((path: string) => string | undefined) | undefined;
}

/** What cloudpickle calls the file of functions that it sends, with their lines as they are, and what rich leaves out. */
const sentCode = /^<(?:dynamic-code|unknown)>$/;

/** The deepest frame in the file that was run, else in the user's own folders. */
export function userFrame(traceback: Traceback, where: UserCode): Frame | undefined {
  const deepestFirst = traceback.frames.map((frame) => ({ ...frame, file: fileHere(frame, where) })).reverse();
  const main = where.mainFile === undefined ? undefined : normalized(where.mainFile);
  const own = deepestFirst.filter((frame) => {
    const file = normalized(frame.file);
    return (
      file === main ||
      (!/\/(site-packages|dist-packages|dask_runner)\//.test(file) &&
        where.folders.some((folder) => isBelow(file, normalized(folder))))
    );
  });
  return own.find((frame) => normalized(frame.file) === main) ?? own[0];
}

function fileHere(frame: Frame, where: UserCode): string {
  const { mainFile, script } = where;
  if (sentCode.test(frame.file)) {
    const sure = mainFile !== undefined && script !== undefined && functionsOf(script)(frame.name, frame.line);
    return sure ? mainFile : frame.file;
  }
  return where.local?.(frame.file) ?? absolute(frame.file, where) ?? frame.file;
}

/** Pytest writes paths from the directory where it runs, which is the script's; IPython from the home directory. */
function absolute(path: string, { mainFile, folders }: UserCode): string | undefined {
  const file = normalized(path);
  if (/^(?:\/|[a-z]:\/|<)/.test(file) || file === '') {
    return undefined;
  }
  const main = mainFile === undefined ? undefined : normalized(mainFile);
  if (file.startsWith('~/')) {
    const rest = file.slice(1);
    if (main?.endsWith(rest)) {
      return mainFile;
    }
    const homes = folders.flatMap((folder) => ancestors(normalized(folder)));
    return homes.map((home) => home + rest).find((full) => folders.some((folder) => isBelow(full, normalized(folder))));
  }
  if (main?.endsWith(`/${file}`)) {
    return mainFile;
  }
  const directory = main?.slice(0, main.lastIndexOf('/')) ?? folders[0];
  return directory === undefined ? undefined : `${normalized(directory).replace(/\/$/, '')}/${file}`;
}

function ancestors(folder: string): string[] {
  const parts = folder.split('/');
  return parts.map((_, at) => parts.slice(0, at).join('/')).filter((above) => above !== '');
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(`${folder.replace(/\/$/, '')}/`);
}

function normalized(path: string): string {
  return path.replaceAll('\\', '/').replace(/^[A-Z]:/, (drive) => drive.toLowerCase());
}
