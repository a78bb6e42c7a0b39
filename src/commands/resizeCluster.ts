import type { ClusterTarget } from '../contributions';
import type { WorkerRange } from '../core/cluster';
import { views } from '../contributions';
import { withViewProgress } from '../host/progress';
import { inputText, pickOne, askInSteps, back, type Step } from '../host/quickSteps';
import { workerCountProblem } from './workerCount';
import type { CommandParts } from './commandParts';
import { isLive, pickCluster } from './pickCluster';

const kinds = [
  { label: 'Fixed', description: 'A number of workers that stays', range: 'fixed' as const },
  { label: 'Adaptive', description: 'Dask adds and removes workers as the load asks', range: 'adaptive' as const },
];

/** Asks for a number of workers, fixed or a range that Dask scales in. */
export function resizeCluster(parts: Pick<CommandParts, 'clusters' | 'backend'>) {
  return async (target?: ClusterTarget): Promise<void> => {
    const { cluster } = await pickCluster(parts, target, {
      title: 'Resize Cluster',
      none: 'There is no cluster that can be resized.',
      which: (candidate) => isLive(candidate) && candidate.resizable,
    });
    const workers = await askWorkers(`Resize ${cluster.name}`, cluster.workers);
    await withViewProgress(views.clusters, async (signal) => {
      await parts.backend(cluster.backend).resizeCluster(cluster, workers, signal);
      await parts.clusters.refresh();
    });
  };
}

async function askWorkers(title: string, now: WorkerRange | undefined): Promise<WorkerRange> {
  let kind: WorkerRange['kind'] = now?.kind ?? 'fixed';
  let count = now?.kind === 'fixed' ? now.count : 4;
  let minimum = now?.kind === 'adaptive' ? now.minimum : 1;
  let maximum = now?.kind === 'adaptive' ? now.maximum : Math.max(count, 8);
  const askKind: Step = async (position) => {
    const active = kinds.find((item) => item.range === kind);
    const placeholder = 'How the number of workers is set';
    const answer = await pickOne({ title, placeholder, items: kinds, active }, position);
    if (answer === back) {
      return back;
    }
    kind = answer.range;
    return undefined;
  };
  const askNumber =
    (prompt: string, value: number, lowest: number, set: (value: number) => void): Step =>
    async (position) => {
      const problem = (text: string): string | undefined => workerCountProblem(text, lowest);
      const answer = await inputText({ title, prompt, value: `${value}`, problem }, position);
      if (answer === back) {
        return back;
      }
      set(Number(answer));
      return undefined;
    };
  await askInSteps(() =>
    kind === 'fixed'
      ? [askKind, askNumber('Number of workers.', count, 1, (value) => (count = value))]
      : [
          askKind,
          askNumber('Workers that stay when there is nothing to do.', minimum, 0, (value) => (minimum = value)),
          askNumber('Workers at most.', Math.max(maximum, minimum), Math.max(1, minimum), (value) => (maximum = value)),
        ],
  );
  return kind === 'fixed' ? { kind, count } : { kind, minimum, maximum };
}
