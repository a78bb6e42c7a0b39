import type { GoogleJob, GoogleJobState, Place } from './googleApi';
import { enumAt, listAt, objectAt, textAt, textsAt, timeAt, type Json } from './wire';

/** By their numbers in `JobStatus.State`; a state that is not known is one before its start. */
const states: readonly [GoogleJobState, ...GoogleJobState[]] = [
  'PENDING',
  'PENDING',
  'RUNNING',
  'CANCEL_PENDING',
  'CANCELLED',
  'DONE',
  'ERROR',
  'CANCEL_STARTED',
  'SETUP_DONE',
  'ATTEMPT_FAILURE',
];

const ends: readonly GoogleJobState[] = ['CANCELLED', 'DONE', 'ERROR'];

/** Where each kind of job says what it runs. */
const kinds = [
  ...['pysparkJob', 'sparkJob', 'hadoopJob', 'sparkRJob', 'flinkJob'],
  ...['sparkSqlJob', 'hiveJob', 'pigJob', 'prestoJob', 'trinoJob'],
];
const titles = ['mainPythonFileUri', 'mainClass', 'mainJarFileUri', 'mainRFileUri', 'queryFileUri'];

export function jobOf(place: Place, job: Json): GoogleJob {
  const reference = objectAt(job, 'reference');
  const placement = objectAt(job, 'placement');
  const status = objectAt(job, 'status');
  const history = [...listAt(job, 'statusHistory'), status];
  const state = enumAt(status, 'state', states);
  const at = (wanted: GoogleJobState): number | undefined =>
    timeAt(
      history.find((one) => enumAt(one, 'state', states) === wanted),
      'stateStartTime',
    );
  const output = textAt(job, 'driverOutputResourceUri');
  const owner = textAt(job, 'submittedBy');
  return {
    ...place,
    id: textAt(reference, 'jobId'),
    uuid: textAt(job, 'jobUuid'),
    clusterName: textAt(placement, 'clusterName'),
    clusterUuid: textAt(placement, 'clusterUuid'),
    state,
    detail: textAt(status, 'details'),
    submittedAt: timeAt(history[0], 'stateStartTime'),
    startedAt: at('RUNNING'),
    endedAt: ends.includes(state) ? timeAt(status, 'stateStartTime') : undefined,
    labels: textsAt(job, 'labels'),
    submittedBy: owner === '' ? undefined : owner,
    title: titleOf(job),
    output: output === '' ? undefined : output,
  };
}

/** The name that whoever handed it in gave it, else what it runs. */
function titleOf(job: Json): string {
  const kind = kinds.find((one) => job[one] !== undefined);
  const body = objectAt(job, kind ?? '');
  const given = textAt(objectAt(body, 'properties'), 'spark.app.name');
  if (given !== '') {
    return given;
  }
  const named = titles.map((key) => textAt(body, key)).find((text) => text !== '');
  const query = listAt(objectAt(body, 'queryList'), 'queries')[0];
  return named ?? (typeof query === 'string' ? query : (kind?.replace(/Job$/, '') ?? ''));
}
