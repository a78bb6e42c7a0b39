/** The most workers that a cluster may be asked for: the same as in profiles. */
export const mostWorkers = 1024;

/** What is wrong with a number of workers; undefined when nothing is. */
export function workerCountProblem(text: string, lowest: number): string | undefined {
  const count = Number(text);
  return /^\d+$/.test(text.trim()) && count >= lowest && count <= mostWorkers
    ? undefined
    : `A whole number from ${lowest} to ${mostWorkers} is needed.`;
}
