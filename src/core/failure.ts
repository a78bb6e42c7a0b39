import type { ErrorRecord } from './errors';
import { hidingModule } from './hiddenPackage';
import type { Traceback } from './traceback';
import { parseTraceback } from './traceback';
import { lastLine } from './tracebacks/lastLine';
import { userFrame, type UserCode } from './userFrame';

export interface FailureInput extends UserCode {
  /** The end of the output: 256 KiB are plenty. */
  tail: Uint8Array;
  exitCode?: number | undefined;
  signal?: string | undefined;
  /** The interpreter that ran it, absolute; undefined where it is none of this machine's. */
  interpreter?: string | undefined;
  /** True where somebody else runs the cluster: its Python is another one. */
  attached?: boolean | undefined;
  /** Field of the profile that names packages, for machines that are made for it. */
  packagesField?: string | undefined;
  /** Modules in the folder that the script imports from first: `dask.py`, `dask/__init__.py`. */
  beside?: readonly string[] | undefined;
  /** What the supervisor said about it. */
  error?: ErrorRecord | undefined;
}

/**
 * Words a failed run for people: the supervisor's own error where it has one, else the traceback at the end of the
 * output, else the signal or the exit code, with what the script said last.
 */
export function explainFailure(input: FailureInput): ErrorRecord {
  const traceback = parseTraceback(input.tail);
  const place = traceback && userFrame(traceback, input);
  const location = place ? { location: { file: place.file, line: place.line } } : {};
  if (input.error) {
    return { ...location, ...input.error };
  }
  if (traceback && input.signal === undefined) {
    const said = traceback.message === '' ? traceback.type : `${traceback.type}: ${traceback.message}`;
    const next = hint(traceback, input) ?? 'See the end of the log.';
    return { code: 'scriptRaised', message: `${sentence(said)} ${next}`, ...location };
  }
  if (input.signal !== undefined) {
    return { code: 'scriptKilled', message: `${signalText(input.signal)} ${ending(input.tail)}`, ...location };
  }
  const code = input.exitCode;
  const said =
    code === undefined ? 'The script ended, and left no exit code.' : `The script ended with exit code ${code}.`;
  return { code: 'scriptExited', message: `${said} ${ending(input.tail)}`, ...location };
}

/** The last line of the output, and where the rest is. */
function ending(tail: Uint8Array): string {
  const line = lastLine(tail);
  return line === '' ? 'See the end of the log.' : `Its last line is “${line}”. See the end of the log.`;
}

/** What to do about an exception, for those that have one usual reason in a run. */
function hint(traceback: Traceback, input: FailureInput): string | undefined {
  const { message } = traceback;
  const type = traceback.type.slice(traceback.type.lastIndexOf('.') + 1);
  const hiding = hidingModule(type, message, input.beside ?? []);
  if (hiding) {
    return `The file ${hiding.file} beside the script has the name of the package ${hiding.name}, and hides it. Rename that file.`;
  }
  if (
    type === 'BdbQuit' ||
    (type === 'EOFError' && traceback.frames.some(({ file }) => /[\\/](?:pdb|bdb)\.py$/.test(file)))
  ) {
    return 'The script stopped for a debugger, and a run has no terminal to type in. There is no debugger for runs yet: print what you want to see, or debug the file as plain Python, where Client() starts workers of its own.';
  }
  if (type === 'EOFError' && message.includes('EOF when reading a line')) {
    return 'The script reads from standard input, which a run does not have. Pass values as arguments, by “Run on Dask with Options”.';
  }
  if (type === 'ValueError' && message.startsWith('Unexpected keyword arguments')) {
    return 'The run already has a cluster: call Client() without arguments, and set the number of workers in the profile.';
  }
  if (input.attached === true && message.startsWith('Error during deserialization of the task graph')) {
    const name = missingModule(new TextDecoder().decode(input.tail));
    return name === undefined ? undefined : `The scheduler or its workers do not have ${name}: ${modulesOfOthers}`;
  }
  if (type === 'ModuleNotFoundError') {
    const name = missingModule(message) ?? 'it';
    if (input.attached === true) {
      return `If the script itself imports ${name}, install it into ${input.interpreter ?? 'its Python'}. If a task does: ${modulesOfOthers}`;
    }
    if (input.packagesField !== undefined) {
      return `The machines of the cluster do not have ${name}. Add it to "${input.packagesField}" in the profile; if it is code of yours that is imported in a way that cannot be seen, to "include".`;
    }
    return input.interpreter === undefined
      ? `Install ${name} into the Python that the profile uses.`
      : `Install ${name} into ${input.interpreter}, or choose another interpreter in the profile.`;
  }
  if (type === 'KilledWorker') {
    return 'A task ended every worker that tried it, most often because it went over the memory limit. Raise "memoryLimit" in the profile, or use smaller partitions; the logs of the workers say more.';
  }
  if (type === 'MemoryError' || type === '_ArrayMemoryError') {
    return 'There was not enough memory. Use smaller partitions or chunks, fewer workers, or a machine with more memory.';
  }
  if (type === 'VersionMismatchWarning' || /Mismatched versions|version mismatch/i.test(message)) {
    return "The script and the cluster have different versions of a package. Use the cluster's interpreter in the profile.";
  }
  if (type === 'CommClosedError' || (type === 'OSError' && message.includes('Timed out trying to connect'))) {
    return 'The connection to the cluster was lost. See whether the cluster still runs, and its logs.';
  }
  if (type === 'SyntaxError' || type === 'IndentationError' || type === 'TabError') {
    return 'Correct the file and run it again.';
  }
  return undefined;
}

const modulesOfOthers =
  'modules of yours that the script imports are brought to the scheduler and its workers, unless "localModules" in the profile is "leave"; write an import of those that it only finds while it runs. Packages have to be installed there, by whoever runs the cluster.';

/** The last module that a text says is not there, without what is within it. */
function missingModule(text: string): string | undefined {
  return [...text.matchAll(/No module named '([^'.]+)/g)].at(-1)?.[1];
}

/** Exit by a signal. A killed process is told of by its supervisor. */
function signalText(signal: string): string {
  const said = `The script was ended by ${signal}.`;
  switch (signal) {
    case 'SIGSEGV':
    case 'SIGBUS':
    case 'SIGILL':
    case 'SIGFPE':
    case 'SIGABRT':
      return `${said} Compiled code of a package crashed. See the end of the log, and try another version of that package.`;
    default:
      return `${said} See the end of the log.`;
  }
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
