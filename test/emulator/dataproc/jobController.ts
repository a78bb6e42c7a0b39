import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { ApiError, failedPrecondition, invalid, notFound } from '../http/apiError';
import { camelCase, type Json, textOf } from '../json';
import type { ClusterMachines, DriverEnd } from '../machines/clusterMachines';
import { labelProblems } from './checkLabels';
import { refuse } from './clusterChecks';
import { placeOf, type ClusterController } from './clusterController';
import type { ClusterRecord } from './clusterRecord';
import { checkJob } from './jobChecks';
import { JobRecord } from './jobRecord';
import { labelMatches, listFilter } from './listFilter';
import type { Job, Place } from './model';
import type { OperationMessage, Operations, RunningOperation } from './operations';
import { page } from './paging';
import { RequestIds } from './requestIds';

export interface JobParts {
  readonly clock: Clock;
  readonly machines: ClusterMachines;
  readonly clusters: ClusterController;
  readonly operations: Operations;
  readonly paceMilliseconds: number;
}

const hour = 3600_000;

/** The JobController service. */
export class JobController {
  readonly #records = new Map<string, JobRecord>();
  readonly #requests = new RequestIds<JobRecord>();
  readonly #operationRequests = new RequestIds<RunningOperation>();
  #sequence = 0;

  constructor(private readonly parts: JobParts) {
    parts.clusters.onDeleting = (record) => this.#lose(record);
  }

  submit(request: Json): Json {
    return shown(this.#requests.once('SubmitJob', request, () => this.begin(request)));
  }

  submitAsOperation(request: Json): OperationMessage {
    return this.#operationRequests.once('SubmitJobAsOperation', request, () => {
      const record = this.begin(request);
      const startTime = record.job.status.stateStartTime;
      const metadata = { jobId: record.id, status: record.job.status, operationType: 'SUBMIT_JOB', startTime };
      const operation = this.parts.operations.begin(record.place, 'JobMetadata', metadata);
      operation.cancelled.signal.addEventListener('abort', () => this.#cancel(record));
      void record.over.then(() => {
        operation.message.metadata['status'] = record.job.status;
        if (record.state === 'DONE') {
          operation.succeed('google.cloud.dataproc.v1.Job', shown(record));
        } else {
          operation.fail(
            new ApiError(
              record.state === 'ERROR' ? 'INTERNAL' : 'CANCELLED',
              record.job.status.details ?? 'Job was cancelled.',
            ),
          );
        }
      });
      return operation;
    }).message;
  }

  /** A job that goes on by itself. */
  begin(request: Json): JobRecord {
    const place = placeOf(request);
    const given = request['job'] as Json;
    checkJob(given);
    const { reference, placement } = given as unknown as Partial<Job>;
    const id = reference?.jobId;
    const jobId = id === undefined || id === '' ? randomUUID() : id;
    const cluster = this.#cluster(place, placement ?? {});
    const record = new JobRecord(place, this.#sequence++, cluster, this.parts.clock, given, jobId);
    if (this.#records.has(record.name)) {
      throw new ApiError('ALREADY_EXISTS', `Already exists: Failed to submit job: Job ${record.name}`);
    }
    if (cluster.state !== 'RUNNING' && cluster.state !== 'UPDATING') {
      throw failedPrecondition(
        `Cluster '${cluster.name}' must be RUNNING before it can accept jobs, current cluster state is '${cluster.state}'.`,
      );
    }
    this.#records.set(record.name, record);
    cluster.jobs.add(record.id);
    this.parts.clusters.lifecycle.changed(cluster);
    void this.#run(record);
    return record;
  }

  async get(request: Json): Promise<Json> {
    const record = this.#find(request);
    if (record.state === 'RUNNING') {
      await this.#lookForApplications(record);
    }
    return shown(record);
  }

  list(request: Json): Json {
    const { projectId, region } = placeOf(request);
    const matcher = request['jobStateMatcher'] ?? 'ALL';
    const cluster = request['clusterName'];
    const terms = listFilter(textOf(request, 'filter'), ['status.state', 'clusterName', 'jobId', 'labels.']);
    const found = [...this.#records.values()].reverse().filter(
      (record) =>
        record.place.projectId === projectId &&
        record.place.region === region &&
        (cluster === undefined || cluster === '' || record.job.placement.clusterName === cluster) &&
        (matcher === 'ALL' || record.ended === (matcher === 'NON_ACTIVE')) &&
        terms.every((term) => {
          switch (term.field) {
            case 'status.state':
              return ['ACTIVE', 'NON_ACTIVE', 'INACTIVE'].includes(term.value)
                ? record.ended === (term.value !== 'ACTIVE')
                : record.state === term.value;
            case 'clusterName':
              return record.job.placement.clusterName === term.value;
            case 'jobId':
              return record.id === term.value;
            default:
              return labelMatches(record.job.labels, term);
          }
        }),
    );
    // Newest first.
    const { items, next } = page(found, ({ sequence }) => -sequence, request, { usual: 100, most: 1000 });
    return { ...(items.length > 0 ? { jobs: items.map(shown) } : {}), ...next };
  }

  update(request: Json): Json {
    const record = this.#find(request);
    const paths = textOf(request, 'updateMask').split(',').map(camelCase);
    if (paths.some((path) => path !== 'labels')) {
      throw invalid(`Invalid field path in update mask: only 'labels' can be updated`);
    }
    const labels = ((request['job'] ?? {}) as Partial<Job>).labels ?? {};
    refuse(labelProblems(labels));
    record.job.labels = labels;
    return shown(record);
  }

  cancel(request: Json): Json {
    const record = this.#find(request);
    this.#cancel(record);
    return shown(record);
  }

  delete(request: Json): Json {
    const record = this.#find(request);
    if (!record.ended) {
      throw failedPrecondition(
        `Job '${record.name}' is active and cannot be deleted, current job state is '${record.state}'.`,
      );
    }
    this.#records.delete(record.name);
    return {};
  }

  #find(request: Json): JobRecord {
    const { projectId, region } = placeOf(request);
    const name = `projects/${projectId}/regions/${region}/jobs/${textOf(request, 'jobId')}`;
    const record = this.#records.get(name);
    if (record === undefined) {
      throw notFound(`Job ${name}`);
    }
    return record;
  }

  #cluster(place: Place, { clusterName, clusterLabels }: Job['placement']): ClusterRecord {
    if (clusterName !== undefined && clusterName !== '') {
      return this.parts.clusters.find(place, clusterName);
    }
    const wanted = Object.entries(clusterLabels ?? {});
    const found = this.parts.clusters
      .all()
      .find(
        ({ place: there, state, cluster }) =>
          there.projectId === place.projectId &&
          there.region === place.region &&
          state === 'RUNNING' &&
          wanted.every(([key, value]) => cluster.labels[key] === value),
      );
    if (found === undefined) {
      throw notFound('No running cluster matches the cluster labels of the job');
    }
    return found;
  }

  #cancel(record: JobRecord): void {
    if (record.ended || record.cancelled) {
      return;
    }
    record.cancelled = true;
    record.setState('CANCEL_PENDING');
    setImmediate(() => {
      if (!record.ended) {
        record.setState('CANCEL_STARTED');
        record.driver?.kill();
      }
    });
  }

  /** From the agent's first look at a job to its end. Never rejects. */
  async #run(record: JobRecord): Promise<void> {
    try {
      await this.#attempts(record);
    } catch (error) {
      record.setState('ERROR', error instanceof Error ? error.message : String(error));
    }
    record.driver = undefined;
    record.cluster.jobs.delete(record.id);
    this.parts.clusters.lifecycle.changed(record.cluster);
  }

  async #attempts(record: JobRecord): Promise<void> {
    const { job, cluster } = record;
    const { configBucket, clusterUuid } = cluster.site;
    const folder = `gs://${configBucket}/google-cloud-dataproc-metainfo/${clusterUuid}/jobs/${record.id}/`;
    const failures: number[] = [];
    for (let attempt = 1; ; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, this.parts.paceMilliseconds));
      job.driverControlFilesUri = folder;
      job.driverOutputResourceUri = `${folder}${attempt === 1 ? '' : `attempt-${attempt}/`}driveroutput`;
      this.#stage(record, 'SETUP_DONE');
      const order = {
        jobId: record.id,
        jobUuid: job.jobUuid,
        job: job as unknown as Json,
        outputUri: job.driverOutputResourceUri,
      };
      const driver = await this.parts.machines.runDriver(cluster.site, order);
      record.driver = driver;
      this.#stage(record, 'RUNNING');
      if (record.cancelled || record.lost !== undefined) {
        driver.kill();
      }
      const end = await driver.ended;
      await this.#lookForApplications(record);
      const failed = end.exitCode !== 0 && !record.cancelled && record.lost === undefined;
      if (failed) {
        failures.push(this.parts.clock.now());
      }
      if (!failed || !this.#mayRestart(job, failures)) {
        this.#end(record, end, folder);
        return;
      }
      record.setState('ATTEMPT_FAILURE', failure(record, end, folder));
      record.setState('PENDING');
    }
  }

  #stage(record: JobRecord, state: 'SETUP_DONE' | 'RUNNING'): void {
    if (!record.cancelled) {
      record.setState(state);
    }
  }

  #mayRestart({ scheduling = {} }: Job, failures: readonly number[]): boolean {
    const { maxFailuresPerHour = 0, maxFailuresTotal = 240 } = scheduling;
    const recent = failures.filter((time) => time > this.parts.clock.now() - hour);
    return recent.length <= maxFailuresPerHour && failures.length <= maxFailuresTotal && maxFailuresPerHour > 0;
  }

  #end(record: JobRecord, end: DriverEnd, folder: string): void {
    if (record.lost !== undefined) {
      record.setState('ERROR', record.lost);
    } else if (record.cancelled) {
      record.setState('CANCELLED');
    } else if (end.exitCode === 0) {
      record.job.status.details = 'Agent reported job success';
      record.setState('DONE');
    } else {
      record.setState('ERROR', failure(record, end, folder));
    }
  }

  /** Jobs end with their cluster. */
  async #lose(cluster: ClusterRecord): Promise<void> {
    const active = [...this.#records.values()].filter((record) => record.cluster === cluster && !record.ended);
    for (const record of active) {
      record.lost = `Cluster '${cluster.name}' was deleted or stopped while the job was active.`;
      record.driver?.kill();
    }
    await Promise.all(active.map(({ over }) => over));
  }

  async #lookForApplications(record: JobRecord): Promise<void> {
    const applications = await this.parts.machines.yarnApplications(record.cluster.site, record.id).catch(() => []);
    if (applications.length > 0) {
      record.job.yarnApplications = [...applications];
    }
  }
}

function shown(record: JobRecord): Json {
  return structuredClone({ ...record.job });
}

/** As the agent words it. */
function failure({ id, place, job }: JobRecord, { exitCode, signal, error }: DriverEnd, folder: string): string {
  const { projectId, region } = place;
  const code = signal === 'SIGKILL' ? 137 : signal === 'SIGTERM' ? 143 : exitCode;
  const killed = code === 137 || code === 143;
  const why = killed
    ? `Driver received SIGTERM/SIGKILL signal and exited with ${code} code, which potentially signifies a memory pressure.\n`
    : error === undefined
      ? ''
      : `${error}\n`;
  return `${why}Google Cloud Dataproc Agent reports job failure. If logs are available, they can be found at:
https://console.cloud.google.com/dataproc/jobs/${id}?project=${projectId}&region=${region}
gcloud dataproc jobs wait '${id}' --region '${region}' --project '${projectId}'
https://console.cloud.google.com/storage/browser/${folder.slice('gs://'.length)}
${job.driverOutputResourceUri ?? ''}.*`;
}
