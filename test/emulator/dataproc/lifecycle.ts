import type { Clock } from '../clock';
import { milliseconds } from '../json';
import type { ClusterMachines } from '../machines/clusterMachines';
import type { ClusterRecord } from './clusterRecord';

const watchMilliseconds = 1000;

/** Deletes and stops clusters when their time is over, or when they have been idle for too long. */
export class Lifecycle {
  readonly #watched = new Map<ClusterRecord, NodeJS.Timeout>();

  constructor(
    private readonly clock: Clock,
    private readonly machines: ClusterMachines,
    private readonly act: { delete(record: ClusterRecord): unknown; stop(record: ClusterRecord): unknown },
  ) {}

  /** The cluster runs from now on, or its config has changed. */
  watch(record: ClusterRecord): void {
    const { lifecycleConfig } = record.cluster.config;
    if (lifecycleConfig === undefined) {
      return;
    }
    if (lifecycleConfig.autoDeleteTtl !== undefined) {
      // One of the two is shown: the time.
      lifecycleConfig.autoDeleteTime = this.#after(record, lifecycleConfig.autoDeleteTtl);
      delete lifecycleConfig.autoDeleteTtl;
    }
    if (lifecycleConfig.autoStopTtl !== undefined) {
      lifecycleConfig.autoStopTime = this.#after(record, lifecycleConfig.autoStopTtl);
      delete lifecycleConfig.autoStopTtl;
    }
    if (!this.#watched.has(record)) {
      const timer = setInterval(() => void this.#lookForWork(record), watchMilliseconds);
      this.#watched.set(record, timer.unref());
    }
    this.changed(record);
  }

  unwatch(record: ClusterRecord): void {
    clearInterval(this.#watched.get(record));
    this.#watched.delete(record);
    this.#disarm(record);
  }

  /** Jobs have begun or ended. */
  changed(record: ClusterRecord, otherWork = false): void {
    const idle = record.state === 'RUNNING' && record.jobs.size === 0 && !otherWork;
    record.idleSince = idle ? (record.idleSince ?? this.clock.now()) : undefined;
    const { lifecycleConfig } = record.cluster.config;
    if (lifecycleConfig === undefined || record.state === 'DELETING') {
      return;
    }
    if (record.idleSince === undefined) {
      delete lifecycleConfig.idleStartTime;
    } else {
      lifecycleConfig.idleStartTime = this.clock.timestamp(record.idleSince);
    }
    this.#disarm(record);
    this.#arm(record);
  }

  dispose(): void {
    [...this.#watched.keys()].forEach((record) => this.unwatch(record));
  }

  #arm(record: ClusterRecord): void {
    const { lifecycleConfig = {} } = record.cluster.config;
    const at = (time: string | undefined, action: () => void) => {
      if (time !== undefined) {
        record.alarms.add(this.clock.at(Date.parse(time), action));
      }
    };
    const afterIdle = (ttl: string | undefined, action: () => void) => {
      const length = milliseconds(ttl);
      const since = record.idleSince;
      if (length !== undefined && since !== undefined) {
        record.alarms.add(this.clock.at(since + length, () => void this.#whenStillIdle(record, since, action)));
      }
    };
    at(lifecycleConfig.autoDeleteTime, () => this.act.delete(record));
    afterIdle(lifecycleConfig.idleDeleteTtl, () => this.act.delete(record));
    if (record.state === 'RUNNING') {
      at(lifecycleConfig.autoStopTime, () => this.act.stop(record));
      afterIdle(lifecycleConfig.idleStopTtl, () => this.act.stop(record));
    }
  }

  #disarm(record: ClusterRecord): void {
    record.alarms.forEach((alarm) => alarm.dispose());
    record.alarms.clear();
  }

  async #whenStillIdle(record: ClusterRecord, since: number, action: () => void): Promise<void> {
    const busy = await this.machines.busy(record.site);
    if (!busy && record.idleSince === since) {
      action();
    } else if (busy) {
      this.changed(record, true);
    }
  }

  async #lookForWork(record: ClusterRecord): Promise<void> {
    if (record.state === 'RUNNING' && record.jobs.size === 0) {
      const busy = await this.machines.busy(record.site).catch(() => false);
      if (busy === (record.idleSince !== undefined)) {
        this.changed(record, busy);
      }
    }
  }

  #after(record: ClusterRecord, ttl: string): string {
    return this.clock.timestamp(record.createdAt + (milliseconds(ttl) ?? 0));
  }
}
