import { exitAtSignals } from './exitAtSignals.mjs';

/** A step that cannot be done here. The message says what happened and what to install. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Runs a script's main function; a SetupError is shown without a stack. */
export async function main(action) {
  exitAtSignals();
  try {
    process.exitCode = (await action()) ?? 0;
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
