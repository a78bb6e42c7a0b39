import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import type { Json } from '../json';
import type { Driver } from '../machines/clusterMachines';
import type { ClusterRecord } from './clusterRecord';
import type { Job, JobState, Place } from './model';

const ended: ReadonlySet<JobState> = new Set(['CANCELLED', 'DONE', 'ERROR']);

/** A job, with what the service knows of it and does not show. */
export class JobRecord {
  readonly job: Job;
  driver: Driver | undefined;
  cancelled = false;
  /** Why the service itself ends it. */
  lost: string | undefined;
  readonly over: Promise<void>;
  #end: () => void = () => undefined;

  constructor(
    readonly place: Place,
    readonly sequence: number,
    readonly cluster: ClusterRecord,
    private readonly clock: Clock,
    given: Json,
    jobId: string,
  ) {
    const { clusterName, clusterUuid } = cluster.cluster;
    this.job = {
      ...(given as unknown as Job),
      reference: { projectId: place.projectId, jobId },
      placement: { ...(given['placement'] as Job['placement']), clusterName, clusterUuid },
      status: { state: 'PENDING', stateStartTime: clock.timestamp() },
      jobUuid: randomUUID(),
    };
    this.over = new Promise((resolve) => (this.#end = resolve));
  }

  get id(): string {
    return this.job.reference.jobId;
  }

  /** `projects/P/regions/R/jobs/J` */
  get name(): string {
    return `projects/${this.place.projectId}/regions/${this.place.region}/jobs/${this.id}`;
  }

  get state(): JobState {
    return this.job.status.state;
  }

  get ended(): boolean {
    return ended.has(this.state);
  }

  setState(state: JobState, details?: string): void {
    const { job } = this;
    job.statusHistory = [...(job.statusHistory ?? []), job.status];
    job.status = { state, ...(details === undefined ? {} : { details }), stateStartTime: this.clock.timestamp() };
    if (this.ended) {
      job.done = true;
      this.#end();
    }
  }
}
