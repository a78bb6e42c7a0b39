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

  /** One that was made for a run is named after it as well: several have the name of their profile. */
  cluster(ref: ClusterRef): Cluster | undefined {
    const entry = this.clusters.entry(ref);
    if (entry?.cluster.ephemeral !== true) {
      return entry?.cluster;
    }
    const { cluster, jobs } = entry;
    const run = this.known.runs().find(({ id }) => id === cluster.runId);
    const madeFor = run?.record.name ?? jobs.at(-1)?.name;
    return madeFor === undefined || madeFor === cluster.name
      ? cluster
      : { ...cluster, name: `${cluster.name} · ${madeFor}` };
  }

  runs(ref: ClusterRef): readonly RunRecord[] {
    return this.known
      .runs()
      .map((run) => run.record)
      .filter(({ cluster }) => cluster?.id === ref.id && cluster.backend === ref.backend);
  }
}
