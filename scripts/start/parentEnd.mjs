/**
 * Calls `ended` once the process that started this one has gone: `npm` hands no SIGTERM on, and what runs below it
 * would stay.
 */
export function onParentEnd(ended) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) {
      clearInterval(timer);
      ended();
    }
  }, 1_000);
  timer.unref();
  return { dispose: () => clearInterval(timer) };
}
