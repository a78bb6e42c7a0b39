import type { ClusterRef } from '../core/cluster';
import type { ErrorRecord } from '../core/errors';
import type { Intent } from './intent';
import type { Recorded } from './journal';
import type { Place } from './placement';
import { interrupted } from './runError';

/** A run that was begun longer ago than this, in milliseconds, is no longer expected to start. */
export const staleAfter = 120_000;
/** Machines take minutes, and whoever waits for them may close the lid: they are not thrown away for that. */
const staleInTheCloud = 45 * 60_000;

/** What to do with a run whose window has gone. */
export type Recovery =
  /** Its job is over: only the cluster is left. */
  | { kind: 'release'; cluster: ClusterRef | undefined }
  /** Its job is known to the backend. */
  | { kind: 'reattach'; place: Place }
  /** It may have a job: submit once more under the same id. */
  | { kind: 'resubmit'; place: Place }
  /** It may have a job, and is not to get one now: follow it where there is one, else `abandon`. */
  | { kind: 'lookForJob'; place: Place; error: ErrorRecord | undefined }
  /** Go on from the beginning, with the cluster that was begun. */
  | { kind: 'start'; created: ClusterRef | undefined }
  /** Failed with an error, cancelled without one. */
  | { kind: 'abandon'; error: ErrorRecord | undefined; cluster: ClusterRef | undefined };

/** Reads from a run's journal how it goes on. */
export function planRecovery(
  intent: Intent,
  entries: readonly Recorded[],
  cancelRequested: boolean,
  now: number,
): Recovery {
  const last = (act: Recorded['act']): Recorded | undefined => entries.findLast((entry) => entry.act === act);
  const created = last('createCluster');
  const submit = last('submit');
  const begun = created?.act === 'createCluster' ? created.cluster : undefined;
  const place = submit?.act === 'submit' ? placeOf(submit) : undefined;

  if (last('ended')) {
    return { kind: 'release', cluster: place ? (place.release ? place.cluster : undefined) : begun };
  }
  if (place && last('submitted')) {
    return { kind: 'reattach', place };
  }
  const lastAct = Math.max(intent.createdAt, ...entries.map((entry) => entry.at));
  const error = cancelRequested ? undefined : interrupted;
  const patience = intent.profile?.backend === 'dataproc' ? staleInTheCloud : staleAfter;
  const goOn = !cancelRequested && now - lastAct < patience;
  if (place) {
    return goOn ? { kind: 'resubmit', place } : { kind: 'lookForJob', place, error };
  }
  return goOn ? { kind: 'start', created: begun } : { kind: 'abandon', error, cluster: begun };
}

function placeOf({ cluster, name, interpreter, reused, release }: Place): Place {
  return { cluster, name, interpreter, reused, release };
}
