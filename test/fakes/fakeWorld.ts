import type { BackendKind, Cluster, ClusterRef } from '../../src/core/cluster';
import { clusterFingerprint } from '../../src/core/fingerprint';
import type { ErrorRecord } from '../../src/core/errors';
import type { Event } from '../../src/core/event';
import { Emitter } from '../../src/core/event';
import type { Job, JobSpec } from '../../src/core/job';
import { isTerminal } from '../../src/core/job';
import type { ClusterSpec } from '../../src/core/ports';

interface FakeJob {
  job: Job;
  spec: JobSpec | undefined;
  output: Uint8Array;
}

export interface JobEnd {
  state?: 'succeeded' | 'failed' | 'cancelled';
  exitCode?: number;
  signal?: string;
  error?: ErrorRecord;
  leftOver?: number;
  reportMissing?: string;
}

/** Clusters and jobs as they are out there: they outlive every window. Shared by the fake backends of all windows. */
export class FakeWorld {
  readonly clusters = new Map<string, Cluster>();
  readonly jobs = new Map<string, FakeJob>();
  /** How often a cluster or job was really made, by request id: more than once is a duplicate. */
  readonly made = new Map<string, number>();
  /** False: the supervisor dies before it has released the cluster. */
  supervisorReleases = true;
  /** What a job does as soon as it has been submitted; it runs until `finish` where this is undefined. */
  onSubmitted: ((jobId: string) => void) | undefined;
  readonly #jobsOf = new Map<string, string[]>();
  readonly #emitter = new Emitter<void>();
  #clock = Date.now();

  readonly onDidChange: Event<void> = this.#emitter.event;

  get observed(): boolean {
    return this.#emitter.observed;
  }

  addCluster(values: Partial<Cluster> & ClusterRef): Cluster {
    const cluster: Cluster = {
      name: values.id,
      profile: 'local',
      state: 'running',
      createdAt: this.#clock++,
      workers: { kind: 'fixed', count: 2 },
      ephemeral: false,
      owned: true,
      resizable: true,
      ...values,
    };
    this.clusters.set(cluster.id, cluster);
    this.#emitter.fire();
    return cluster;
  }

  addJob(cluster: ClusterRef, values: Partial<Job> & { id: string }, spec?: JobSpec): Job {
    const job: Job = {
      backend: cluster.backend,
      cluster: { backend: cluster.backend, id: cluster.id },
      name: `${values.id}.py`,
      state: 'running',
      startedAt: this.#clock++,
      endedAt: undefined,
      exitCode: undefined,
      signal: undefined,
      error: undefined,
      released: false,
      report: undefined,
      ...values,
    };
    this.jobs.set(job.id, { job, spec, output: new Uint8Array() });
    const siblings = this.#jobsOf.get(cluster.id) ?? [];
    siblings.unshift(job.id);
    this.#jobsOf.set(cluster.id, siblings);
    this.#emitter.fire();
    return job;
  }

  changeCluster(id: string, values: Partial<Cluster>): void {
    const cluster = this.clusters.get(id);
    if (cluster) {
      this.clusters.set(id, { ...cluster, ...values });
      this.#emitter.fire();
    }
  }

  changeJob(id: string, values: Partial<Job>): void {
    const entry = this.jobs.get(id);
    if (entry) {
      entry.job = { ...entry.job, ...values };
      this.#emitter.fire();
    }
  }

  /** The driver prints. */
  print(jobId: string, output: string | Uint8Array): void {
    const entry = this.jobs.get(jobId);
    if (entry) {
      entry.output = Buffer.concat([entry.output, typeof output === 'string' ? Buffer.from(output) : output]);
      this.#emitter.fire();
    }
  }

  /** The driver ends, and its supervisor releases the cluster. */
  finish(jobId: string, end: JobEnd = {}): void {
    const entry = this.jobs.get(jobId);
    if (!entry || isTerminal(entry.job.state)) {
      return;
    }
    const { state, exitCode = 0, signal, error, leftOver, reportMissing } = end;
    const releases = this.supervisorReleases || !entry.spec?.releaseCluster;
    if (entry.spec?.releaseCluster && releases) {
      this.endCluster(entry.job.cluster.id, 'The run ended.');
    }
    this.changeJob(jobId, {
      state: state ?? (exitCode === 0 && signal === undefined ? 'succeeded' : 'failed'),
      endedAt: this.#clock++,
      exitCode: signal === undefined ? exitCode : undefined,
      signal,
      error,
      released: releases,
      ...(leftOver === undefined ? {} : { leftOver }),
      ...(reportMissing === undefined ? {} : { reportMissing }),
    });
  }

  endCluster(id: string, reason: string): void {
    this.changeCluster(id, { state: 'closed', endReason: reason });
  }

  create(kind: BackendKind, spec: ClusterSpec, id: string): Cluster {
    const known = this.clusters.get(id);
    if (known) {
      return known;
    }
    this.#count(`cluster ${id}`);
    return this.addCluster({
      backend: kind,
      id,
      name: spec.name,
      profile: spec.profile.name,
      ephemeral: spec.ephemeral,
      ...(spec.runId === undefined ? {} : { runId: spec.runId }),
      owned: kind === 'local',
      fingerprint: clusterFingerprint(spec.profile, spec.interpreter),
      python: { executable: spec.interpreter, version: '3.11.0', dask: '2026.8.0', bokeh: undefined },
    });
  }

  submit(cluster: ClusterRef, spec: JobSpec, id: string): Job {
    const known = this.jobs.get(id);
    if (known) {
      return known.job;
    }
    this.#count(`job ${id}`);
    const job = this.addJob(cluster, { id }, spec);
    this.onSubmitted?.(id);
    return this.jobs.get(id)?.job ?? job;
  }

  /** Newest first. */
  jobsOf(clusterId: string): Job[] {
    return (this.#jobsOf.get(clusterId) ?? []).flatMap((id) => this.jobs.get(id)?.job ?? []);
  }

  /** Clusters that cost something now. */
  running(): Cluster[] {
    return [...this.clusters.values()].filter((cluster) => cluster.state === 'running' || cluster.state === 'starting');
  }

  #count(what: string): void {
    this.made.set(what, (this.made.get(what) ?? 0) + 1);
  }
}
