import { invalid } from '../http/apiError';
import { isJson, type Json, textOf } from '../json';
import { labelProblems } from './checkLabels';
import { refuse } from './clusterChecks';
import type { Job } from './model';

/** Throws what the service refuses of a job before it looks for its cluster. */
export function checkJob(job: Json): void {
  const { reference, placement, labels, scheduling } = job as unknown as Partial<Job>;
  const type = Object.keys(job).find((name) => name.endsWith('Job'));
  if (type === undefined) {
    throw invalid(
      'Job type must be specified: one of hadoop_job, spark_job, pyspark_job, hive_job, pig_job, spark_r_job, spark_sql_job, presto_job, trino_job, flink_job',
    );
  }
  const id = reference?.jobId ?? '';
  const clusters = [placement?.clusterName, placement?.clusterLabels].filter((one) => one !== undefined && one !== '');
  refuse([
    ...(id === '' || /^[A-Za-z0-9_-]{1,100}$/.test(id)
      ? []
      : [
          `Invalid job id '${id}'. It must contain only letters, numbers, underscores and hyphens, and at most 100 of them.`,
        ]),
    ...(clusters.length === 0 ? ['Cluster name or cluster labels must be specified in the placement of the job'] : []),
    ...labelProblems(labels),
    ...between('max_failures_per_hour', scheduling?.maxFailuresPerHour, 10),
    ...between('max_failures_total', scheduling?.maxFailuresTotal, 240),
    ...pysparkProblems(job['pysparkJob']),
  ]);
}

function between(name: string, value: number | undefined, most: number): string[] {
  return value === undefined || (value >= 0 && value <= most)
    ? []
    : [`${name} must be between 0 and ${most}, but was ${value}`];
}

function pysparkProblems(job: unknown): string[] {
  if (!isJson(job)) {
    return [];
  }
  const main = textOf(job, 'mainPythonFileUri');
  const modules = (job['pythonFileUris'] ?? []) as string[];
  return [
    ...(/^[a-z]+:\/\/.+\.py$/.test(main) ? [] : [`Job main Python file must be a .py file, but was '${main}'`]),
    ...modules
      .filter((uri) => !/\.(py|egg|zip)$/.test(uri))
      .map((uri) => `Job Python file must be a .py, .egg or .zip file, but was '${uri}'`),
  ];
}
