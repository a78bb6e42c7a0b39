let listening = false;

/**
 * A signal that nobody listens for ends a process without its `exit` event, and what it has started stays. From now
 * on it exits; scripts that do more at a signal have listeners of their own, and decide themselves.
 */
export function exitAtSignals() {
  if (listening) {
    return;
  }
  listening = true;
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ]) {
    process.on(signal, () => (process.listenerCount(signal) === 1 ? process.exit(128 + number) : undefined));
  }
}
