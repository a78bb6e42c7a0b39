import { asRecord, booleanField, recordField, stringField, textsOf, timeField } from '../core/jsonValue';
import type { Profile } from '../core/profile';
import type { RunRequest } from '../core/run';
import { clusterRef, codeOrigin, jobTarget } from './recordedValue';

/** What was asked for, whole: a run is finished from this alone, also when settings have changed since. */
export interface Intent {
  id: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** For people: the file's name. */
  name: string;
  request: RunRequest;
  /** As it was at that time; undefined for a run on a given cluster without a profile. */
  profile: Profile | undefined;
  /** SHA-256 of the file. */
  fileHash: string | undefined;
  /** Folder of the workspace that the target is in, absolute: another window may have another one open. */
  workspaceFolder: string | undefined;
  /** The workspace's file with variables, absolute; there need not be one. What it says is not kept here. */
  envFile: string | undefined;
  /** Whether lines of tasks begin with the name of their worker, as the setting was at that time. */
  markWorkers: boolean;
}

export function intentToJson(intent: Intent): object {
  return { version: 1, ...intent, createdAt: new Date(intent.createdAt).toISOString() };
}

/** Undefined when that is no intent: cut off, of a later version, or somebody else's file. */
export function intentFromJson(value: unknown): Intent | undefined {
  const record = asRecord(value);
  const request = asRecord(record?.['request']);
  const id = stringField(record, 'id');
  const createdAt = timeField(record, 'createdAt');
  const target = jobTarget(request?.['target']);
  if (record?.['version'] !== 1 || !request || id === undefined || createdAt === undefined || !target) {
    return undefined;
  }
  const args: unknown = request['args'];
  const cluster = clusterRef(request['cluster']);
  const origin = codeOrigin(request['origin']);
  const profile = asRecord(record['profile']);
  return {
    id,
    createdAt,
    name: stringField(record, 'name') ?? id,
    request: {
      target,
      profile: stringField(request, 'profile') ?? '',
      args: Array.isArray(args) ? args.filter((arg) => typeof arg === 'string') : [],
      environment: textsOf(recordField(request, 'environment')),
      ...(cluster ? { cluster } : {}),
      ...(origin ? { origin } : {}),
    },
    // Written by this extension from a checked profile: its shape is known once its backend is.
    profile: stringField(profile, 'backend') === undefined ? undefined : (profile as unknown as Profile),
    fileHash: stringField(record, 'fileHash'),
    workspaceFolder: stringField(record, 'workspaceFolder'),
    envFile: stringField(record, 'envFile'),
    markWorkers: booleanField(record, 'markWorkers') ?? false,
  };
}
