import type { Clock } from '../clock';
import { milliseconds } from '../json';
import type { LogStore } from '../logging/logStore';
import type { ClusterMachines } from '../machines/clusterMachines';
import { clusterResource } from '../machines/initActions';
import type { AutoscalingPolicies, AutoscalingPolicy } from './autoscalingPolicies';
import { wantedSizes, type Demand } from './autoscaling';
import type { ClusterController } from './clusterController';
import type { ClusterRecord } from './clusterRecord';

export interface AutoscalerParts {
  readonly clock: Clock;
  readonly logs: LogStore;
  readonly machines: ClusterMachines;
  readonly clusters: ClusterController;
  readonly policies: AutoscalingPolicies;
  readonly sampleMilliseconds: number;
}

interface Watch {
  since: number;
  samples: Demand[];
}

const memory = 'yarn:yarn.nodemanager.resource.memory-mb';

/** Sizes clusters that have an autoscaling policy, by what YARN says of them. */
export class Autoscaler {
  readonly #watched = new Map<ClusterRecord, Watch>();
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly parts: AutoscalerParts) {
    this.#timer = setInterval(() => void this.#look(), parts.sampleMilliseconds).unref();
  }

  dispose(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    for (const record of this.parts.clusters.all()) {
      const uri = record.cluster.config.autoscalingConfig?.policyUri;
      if (uri === undefined || record.state !== 'RUNNING') {
        this.#watched.delete(record);
      } else {
        await this.#sample(record, this.parts.policies.find(record.place, uri)).catch(() => undefined);
      }
    }
  }

  async #sample(record: ClusterRecord, policy: AutoscalingPolicy): Promise<void> {
    const { clock, machines } = this.parts;
    const { yarn } = await machines.metrics(record.site);
    const pendingMb = yarn['yarn-memory-mb-pending'];
    const availableMb = yarn['yarn-memory-mb-available'];
    if (pendingMb === undefined || availableMb === undefined || record.state !== 'RUNNING') {
      return;
    }
    const watch = this.#watched.get(record) ?? { since: clock.now(), samples: [] };
    this.#watched.set(record, watch);
    watch.samples.push({ pendingMb, availableMb });
    if (clock.now() - watch.since >= (milliseconds(policy.basicAlgorithm.cooldownPeriod) ?? 0)) {
      this.#decide(record, policy, watch.samples);
      // The cooldown begins again once the cluster has its size.
      this.#watched.delete(record);
    }
  }

  #decide(record: ClusterRecord, policy: AutoscalingPolicy, samples: readonly Demand[]): void {
    const { config } = record.cluster;
    const now = {
      workers: config.workerConfig?.numInstances ?? 0,
      secondaryWorkers: config.secondaryWorkerConfig?.numInstances ?? 0,
    };
    const mean = (name: keyof Demand) => samples.reduce((sum, sample) => sum + sample[name], 0) / samples.length;
    const demand = { pendingMb: mean('pendingMb'), availableMb: mean('availableMb') };
    const wanted = wantedSizes(policy, now, demand, Number(record.site.properties[memory]));
    const before = now.workers + now.secondaryWorkers;
    const after = wanted.workers + wanted.secondaryWorkers;
    const decision = after > before ? 'SCALE_UP' : after < before ? 'SCALE_DOWN' : 'NO_SCALE';
    this.parts.logs.write({
      logName: `projects/${record.place.projectId}/logs/dataproc.googleapis.com%2Fautoscaler`,
      resource: clusterResource(record.site),
      severity: 'INFO',
      jsonPayload: { recommendation: { decision, inputs: { ...demand, ...now }, outputs: wanted } },
    });
    if (decision !== 'NO_SCALE') {
      const grace =
        decision === 'SCALE_UP' ? 0 : milliseconds(policy.basicAlgorithm.yarnConfig.gracefulDecommissionTimeout);
      this.parts.clusters.resize(record, wanted.workers, wanted.secondaryWorkers, grace ?? 0);
    }
  }
}
