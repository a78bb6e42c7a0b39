/**
 * Seconds of a processor that an action takes: the same where others are busy too. For bounds that a method of another order
 * goes beyond by far, and never for a figure.
 */
export function processorSeconds(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
