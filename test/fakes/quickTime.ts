/** Shorter pauses are left alone: those of the emulator are. Milliseconds. */
const long = 400;

/** How many times quicker, unless it is said. */
export const quickness = 20;

/**
 * Lets pauses of the product pass quicker, as it waits seconds for a service whose stand-in needs milliseconds. The
 * clock itself stays. Returns what undoes it.
 */
export function quickTime(factor = quickness): () => void {
  const original = globalThis.setTimeout;
  const quick = (action: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): NodeJS.Timeout =>
    original(action, milliseconds >= long ? milliseconds / factor : milliseconds, ...args);
  globalThis.setTimeout = Object.assign(quick, original);
  return () => {
    globalThis.setTimeout = original;
  };
}
