import type { BackendKind, ClusterRef } from '../core/cluster';
import type { ErrorButton, ErrorRecord } from '../core/errors';
import type { JobTarget } from '../core/job';
import type { CodeOrigin } from '../core/run';
import { asRecord, numberField, stringField, wordField } from '../core/jsonValue';

const backendKinds: readonly BackendKind[] = ['local', 'address', 'dataproc'];

export function clusterRef(value: unknown): ClusterRef | undefined {
  const record = asRecord(value);
  const backend = wordField(record, 'backend', backendKinds);
  const id = stringField(record, 'id');
  return backend === undefined || id === undefined ? undefined : { backend, id };
}

export function jobTarget(value: unknown): JobTarget | undefined {
  const record = asRecord(value);
  const path = stringField(record, 'path');
  if (record?.['kind'] === 'file' && path !== undefined) {
    return { kind: 'file', path };
  }
  const [module, name, directory] = ['module', 'function', 'directory'].map((key) => stringField(record, key));
  return record?.['kind'] === 'function' && module !== undefined && name !== undefined && directory !== undefined
    ? { kind: 'function', module, function: name, directory }
    : undefined;
}

export function codeOrigin(value: unknown): CodeOrigin | undefined {
  const record = asRecord(value);
  const [repository, ref, commit, folder] = ['repository', 'ref', 'commit', 'folder'].map((key) =>
    stringField(record, key),
  );
  return repository === undefined || ref === undefined || commit === undefined || folder === undefined
    ? undefined
    : { repository, ref, commit, folder };
}

export function errorRecord(value: unknown): ErrorRecord | undefined {
  const record = asRecord(value);
  const code = stringField(record, 'code');
  const message = stringField(record, 'message');
  if (code === undefined || message === undefined) {
    return undefined;
  }
  const place = asRecord(record?.['location']);
  const file = stringField(place, 'file');
  const line = numberField(place, 'line');
  const buttons = record?.['buttons'];
  return {
    code,
    message,
    ...(file !== undefined && line !== undefined ? { location: { file, line } } : {}),
    ...(Array.isArray(buttons) ? { buttons: buttons.filter(isButton) } : {}),
  };
}

function isButton(value: unknown): value is ErrorButton {
  const record = asRecord(value);
  return stringField(record, 'title') !== undefined && stringField(asRecord(record?.['action']), 'kind') !== undefined;
}
