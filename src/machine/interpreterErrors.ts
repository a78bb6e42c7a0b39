import { UserError, type ErrorButton } from '../core/errors';

const chooseAnother: ErrorButton = { title: 'Select Interpreter', action: { kind: 'selectInterpreter' } };
const managed: ErrorButton = { title: 'Use a Managed Environment', action: { kind: 'useManagedEnvironment' } };

/** Dask's own limit, and that of the Python side. */
export function isOldPython(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 3 || (major === 3 && minor < 10);
}

export function interpreterMissing(path: string, cause?: unknown): UserError {
  return new UserError({
    code: 'interpreterMissing',
    what: `There is no Python interpreter at ${path}.`,
    next: 'Select another interpreter.',
    buttons: [chooseAnother],
    cause,
  });
}

export function interpreterNotPython(path: string, cause?: unknown): UserError {
  return new UserError({
    code: 'interpreterNotPython',
    what: `${path} does not run as a Python interpreter.`,
    next: 'Select another interpreter.',
    buttons: [chooseAnother],
    cause,
  });
}

export function interpreterTooOld(path: string, version: string): UserError {
  return new UserError({
    code: 'interpreterTooOld',
    what: `${path} is Python ${version}.`,
    why: 'Dask needs Python 3.10 or newer.',
    next: 'Select a newer interpreter.',
    buttons: [chooseAnother],
  });
}

export function interpreterBroken(path: string, stderr: string): UserError {
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  return new UserError({
    code: 'interpreterBroken',
    what: `The Python interpreter ${path} cannot be used.`,
    ...(reason === '' ? {} : { why: `It says: ${reason}` }),
    next: 'Repair it, or select another interpreter.',
    buttons: [chooseAnother, managed],
  });
}

/** Nothing on PATH will do. */
export function pythonMissing(): UserError {
  return new UserError({
    code: 'pythonMissing',
    what: 'No Python 3.10 or newer was found.',
    why: 'None of python3, python and py on the PATH is one.',
    next: 'Install Python, or select an interpreter.',
    buttons: [
      chooseAnother,
      { title: 'Get Python', action: { kind: 'openUrl', url: 'https://www.python.org/downloads/' } },
    ],
  });
}
