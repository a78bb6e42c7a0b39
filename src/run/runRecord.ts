import { basename, join } from 'node:path';
import type { JobSpec } from '../core/job';
import type { RunRecord } from '../core/run';
import type { Intent } from './intent';
import type { Entry, Recorded } from './journal';
import { codeDirectory, folderAround } from './target';

/** What a run knew before its first act. */
export function plannedRecord(intent: Intent, folder: string): RunRecord {
  return {
    id: intent.id,
    request: intent.request,
    name: intent.name,
    state: 'planned',
    folder,
    createdAt: intent.createdAt,
    released: false,
    ...(intent.fileHash === undefined ? {} : { fileHash: intent.fileHash }),
    codeRoot: codeRoot(intent),
  };
}

/** As `planPackage` of the Dataproc backend has it: the workspace's folder, or the file's own where that is elsewhere. */
export function codeRoot({
  request: { target },
  workspaceFolder,
}: Pick<Intent, 'request' | 'workspaceFolder'>): string {
  const directory = codeDirectory(target);
  return folderAround(directory, workspaceFolder === undefined ? [] : [workspaceFolder]) ?? directory;
}

/** What a run sends to a cluster elsewhere. */
export function codeOf({
  request: { target },
  workspaceFolder,
  profile,
}: Pick<Intent, 'request' | 'workspaceFolder' | 'profile'>): Pick<JobSpec, 'target' | 'workspaceFolder' | 'packaging'> {
  return {
    target,
    ...(workspaceFolder === undefined ? {} : { workspaceFolder }),
    ...(profile?.backend === 'dataproc'
      ? { packaging: { include: profile.include, maxPackageBytes: profile.maxPackageBytes } }
      : {}),
  };
}

/** The run as its intent and its journal have it. */
export function foldRecord(intent: Intent, entries: readonly Recorded[], folder: string): RunRecord {
  return entries.reduce(applyEntry, plannedRecord(intent, folder));
}

/** The record after an entry. What is over stays over: later entries of a confused writer change nothing. */
export function applyEntry(record: RunRecord, entry: Entry): RunRecord {
  const over = record.endedAt !== undefined;
  if (over && entry.act !== 'released') {
    return record;
  }
  switch (entry.act) {
    case 'createCluster':
      return { ...record, state: 'preparing', cluster: { ...entry.cluster, name: entry.name, reused: false } };
    case 'submit':
      return { ...record, state: 'submitting', cluster: { ...entry.cluster, name: entry.name, reused: entry.reused } };
    case 'submitted':
      return withKnown({ ...record, state: 'running' }, { startedAt: entry.startedAt });
    case 'ended': {
      return withKnown(
        { ...withoutProgress(record), state: entry.state, endedAt: entry.endedAt },
        {
          startedAt: entry.startedAt,
          exitCode: entry.exitCode,
          signal: entry.signal,
          error: entry.error,
        },
      );
    }
    case 'released': {
      const report = entry.report === undefined ? undefined : join(record.folder, basename(entry.report));
      return over
        ? withKnown(
            { ...record, released: true },
            {
              clusterEndReason: entry.clusterEndReason,
              report,
              reportMissing: entry.reportMissing,
              leftOver: entry.leftOver,
            },
          )
        : record;
    }
  }
}

export function withoutProgress(record: RunRecord): RunRecord {
  const rest = { ...record };
  delete rest.progress;
  return rest;
}

/** The record of a run that is this machine's from now on. */
export function withoutHost(record: RunRecord): RunRecord {
  const rest = { ...record };
  delete rest.host;
  return rest;
}

/** The record with those of the values that are known. */
export function withKnown(
  record: RunRecord,
  values: { [Key in keyof RunRecord]?: RunRecord[Key] | undefined },
): RunRecord {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...record, ...(Object.fromEntries(known) as Partial<RunRecord>) };
}
