import type { Cluster, ClusterRef } from './core/cluster';
import { schedulerNotRunning } from './core/errors';
import type { Disposable, Event } from './core/event';
import type { RunRecord } from './core/run';
import type { PanelModel } from './panel/panelPorts';
import type { ClusterModel } from './run/clusterModel';
import type { RunService } from './run/runService';

/** What the panel sees of clusters and runs. Clusters are watched only while a panel listens. */
export class PanelModelOfRuns implements PanelModel {
  constructor(
    private readonly clusters: Pick<ClusterModel, 'entry' | 'watch' | 'onDidChange'>,
    private readonly known: Pick<RunService, 'runs' | 'onDidChange'>,
  ) {}

  readonly onDidChange: Event<void> = (listener) => {
    const parts: Disposable[] = [
      this.clusters.watch(),
      this.clusters.onDidChange(() => listener()),
      this.known.onDidChange(() => listener()),
    ];
    return { dispose: () => parts.forEach((part) => part.dispose()) };
  };

  cluster(ref: ClusterRef): Cluster | undefined {
    const entry = this.clusters.entry(ref);
    if (entry?.asleep !== true) {
      return entry?.cluster;
    }
    // There is nothing to draw until a run has started Dask: then it is found again.
    const error = { code: schedulerNotRunning, message: entry.unreachable ?? '' };
    return { ...entry.cluster, state: 'unreachable', error };
  }

  runs(ref: ClusterRef): readonly RunRecord[] {
    return this.known
      .runs()
      .map((run) => run.record)
      .filter(({ cluster }) => cluster?.id === ref.id && cluster.backend === ref.backend);
  }
}
