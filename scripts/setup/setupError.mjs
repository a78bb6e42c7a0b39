/** A step that cannot be done here. The message says what happened and what to install. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Runs a script's main function; a SetupError is shown without a stack. */
export async function main(action) {
  // An end by a signal ends what was started, too: see editor/processGroup.mjs. Scripts that do more at Ctrl-C
  // have listeners of their own.
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.on(signal, () => (process.listenerCount(signal) === 1 ? process.exit(128 + number) : undefined));
  }
  try {
    process.exitCode = (await action()) ?? 0;
  } catch (error) {
    console.error(error instanceof SetupError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
