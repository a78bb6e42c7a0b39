/**
 * The place on this machine of a file of a run's code, as tracebacks of another machine name it: the job has its code
 * in `…/jobs/RUN/code/`, workers in `…/code/SHA256/`. Undefined for a path of anything else.
 *
 * @param root the folder that the code was packed from, absolute
 */
export function localCodePath(path: string, runId: string, root: string): string | undefined {
  const ofJob = `/jobs/${runId}/code/`;
  const at = path.lastIndexOf(ofJob);
  const below = at === -1 ? /\/code\/[0-9a-f]{64}\/(.+)$/.exec(path)?.[1] : path.slice(at + ofJob.length);
  // What runs there names its files as it likes.
  if (below === undefined || below === '' || below.split(/[/\\]/).includes('..')) {
    return undefined;
  }
  return `${root.replace(/[/\\]$/, '')}/${below}`;
}
