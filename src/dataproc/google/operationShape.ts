import type { GoogleOperation } from './googleApi';
import { operationFailure } from './serviceFailure';
import { listAt, objectAt, textAt, type Json } from './wire';

export function operationOf(operation: Json): GoogleOperation {
  const metadata = objectAt(operation, 'metadata');
  const status = objectAt(metadata, 'status');
  const detail = [textAt(status, 'details'), textAt(status, 'innerState'), textAt(metadata, 'description')];
  const error = operation['error'];
  return {
    name: textAt(operation, 'name'),
    done: operation['done'] === true,
    detail: detail.find((text) => text !== '') ?? '',
    warnings: listAt(metadata, 'warnings').filter((one) => typeof one === 'string'),
    error: error === undefined || error === null ? undefined : operationFailure(objectAt(operation, 'error')),
  };
}
