import type { Cluster, ClusterRef } from './core/cluster';
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
    return this.clusters.entry(ref)?.cluster;
  }

  runs(ref: ClusterRef): readonly RunRecord[] {
    return this.known
      .runs()
      .map((run) => run.record)
      .filter(({ cluster }) => cluster?.id === ref.id && cluster.backend === ref.backend);
  }
}
