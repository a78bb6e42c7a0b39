import type { ClusterRef } from '../core/cluster';
import { isTerminal } from '../core/job';
import type { Backend } from '../core/ports';

/** `etl.py is running`, `3 jobs are running`; undefined when none is. Asks the backend: the view may be old. */
export async function runningJobs(backend: Pick<Backend, 'jobs'>, cluster: ClusterRef): Promise<string | undefined> {
  const names: string[] = [];
  for await (const job of backend.jobs(cluster, new AbortController().signal)) {
    if (!isTerminal(job.state)) {
      names.push(job.name);
    }
  }
  const [only, second] = names;
  if (only === undefined) {
    return undefined;
  }
  return second === undefined ? `${only} is running` : `${names.length} jobs are running`;
}
