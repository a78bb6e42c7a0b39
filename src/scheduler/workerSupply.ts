import type { EndedWorker, WorkerSupply } from '../core/cluster';
import { asRecord, numberField, stringField, timeField, type JsonRecord } from '../core/jsonValue';

/** What `GET …/dask-runner/state` tells of workers that wait or have ended. It lists the newest end last. */
export function workerSupply(state: JsonRecord): WorkerSupply {
  const ended = state['ended'];
  return {
    pending: numberField(state, 'pending') ?? 0,
    ended: (Array.isArray(ended) ? ended : [])
      .map((one) => endedWorker(asRecord(one)))
      .filter((worker) => worker !== undefined)
      .reverse(),
    problem: stringField(state, 'problem'),
  };
}

function endedWorker(record: JsonRecord | undefined): EndedWorker | undefined {
  const name = stringField(record, 'name');
  const at = timeField(record, 'at');
  return name === undefined || at === undefined
    ? undefined
    : {
        name,
        kind: stringField(record, 'kind') ?? '',
        reason: stringField(record, 'reason') ?? '',
        at,
        node: stringField(record, 'node'),
        container: stringField(record, 'container'),
        exitStatus: numberField(record, 'exitStatus'),
      };
}
