import { formatBytes } from '../core/bytes';
import type { DataprocProfile } from '../core/dataprocProfile';
import { formatDuration } from '../core/duration';
import type { Receipt } from '../core/receipt';
import { packageNotes } from './packageNotes';
import type { PackagePlan } from './packaging/packagePlan';

/** Files and refusals that are named one by one. */
const named = 5;

/**
 * What a run of this profile will do, or a cluster of it that is made by hand.
 *
 * @param plan what the run uploads; undefined without a run
 * @param account e-mail of whoever pays, where it is known
 * @param notes what is known of its packages
 */
export function receiptOf(
  profile: DataprocProfile,
  plan: PackagePlan | undefined,
  account: string | undefined,
  reused: string | undefined,
  notes: readonly string[],
): Receipt {
  const who = profile.impersonate ?? account;
  return {
    place: `Project ${profile.project} in ${profile.zone ?? profile.region}${who === undefined ? '' : `, as ${who}`}.`,
    upload: plan && uploadText(plan),
    notUploaded: plan === undefined ? [] : refusals(plan),
    notes: [...(plan === undefined ? [] : packageNotes(plan)), ...notes],
    machines: reused === undefined ? machinesOf(profile) : [`Uses the cluster ${reused}, which is there already.`],
    end: reused === undefined ? endOf(profile, plan !== undefined) : ['The cluster stays as it is.'],
  };
}

function uploadText({ files, bytes }: PackagePlan): string {
  const names = files.slice(0, named).map(({ path }) => path);
  const more = files.length > named ? ` and ${files.length - named} more` : '';
  return `Uploads ${plural(files.length, 'file')}, ${formatBytes(bytes)}: ${names.join(', ')}${more}.`;
}

function refusals({ refused, unmatchedGlobs }: PackagePlan): string[] {
  const wanted = refused.filter(({ wantedBy, kind }) => wantedBy !== undefined || kind === 'secret');
  const texts = wanted.slice(0, named).map(({ path, why }) => `Does not upload ${path}: it ${why}.`);
  if (wanted.length > named) {
    texts.push(`Does not upload ${wanted.length - named} more such files.`);
  }
  return [...texts, ...unmatchedGlobs.map((glob) => `No file fits "${glob}" of "include".`)];
}

function machinesOf({ master, worker, secondaryWorkers, scaling, workers }: DataprocProfile): string[] {
  const groups = [`1 master ${master.machineType}`];
  if (worker.count > 0) {
    groups.push(`${plural(worker.count, 'worker')} ${worker.machineType}`);
  }
  if (secondaryWorkers.count > 0) {
    groups.push(`${plural(secondaryWorkers.count, `${secondaryWorkers.kind} worker`)} ${worker.machineType}`);
  }
  const dask =
    workers.kind === 'fixed'
      ? plural(workers.count, 'Dask worker')
      : `${workers.minimum} to ${workers.maximum} Dask workers`;
  const texts = [`Creates ${groups.join(', ')}; on them ${dask}.`];
  if (scaling.kind === 'limits') {
    texts.push(`Dataproc scales the ${scaling.machines} workers from ${scaling.minimum} to ${scaling.maximum}.`);
  } else if (scaling.kind === 'policy') {
    texts.push(`Dataproc scales them by the policy ${scaling.id}.`);
  }
  return texts;
}

function endOf({ afterRun, idleTimeoutSeconds, maxAgeSeconds }: DataprocProfile, ofRun: boolean): string[] {
  const afterRuns = {
    delete: 'Deletes the cluster when the run has ended.',
    stop: 'Stops the machines when the run has ended; their disks still cost.',
    keep: 'Keeps the cluster for later runs.',
  }[afterRun];
  const after = ofRun ? afterRuns : 'The cluster stays until you shut it down.';
  return [
    after,
    `In any case Google deletes it after ${formatDuration(idleTimeoutSeconds * 1000)} without work, and ${formatDuration(maxAgeSeconds * 1000)} after its start.`,
  ];
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
