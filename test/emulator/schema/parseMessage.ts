import { camelCase, isJson, snakeCase, type Json } from '../json';
import { findType, messageType, type EnumType, type Field, type MessageType } from './protoSchema';

export interface Violation {
  field: string;
  description: string;
}

/**
 * Checks JSON against a message of the published protos, as Google's frontend does, and brings it into one form:
 * camel-case names, names of enum values, int64 as texts. What is only put out is dropped.
 * @param path where it is in the request, in snake case: part of the messages
 */
export function parseMessage(typeName: string, json: unknown, path: string, violations: Violation[]): Json {
  return message(messageType(typeName), json, path, violations);
}

/** Paths of the fields that must be there and are not, in snake case. */
export function missingFields(typeName: string, value: Json, path = ''): string[] {
  return missing(messageType(typeName), value, path);
}

function missing(type: MessageType, value: Json, path: string): string[] {
  return [...type.fields].flatMap(([name, field]) => {
    const inner = value[name];
    const at = join(path, snakeCase(name));
    if (inner === undefined || inner === '' || (Array.isArray(inner) && inner.length === 0)) {
      // Zero and false are not written by every client.
      return field.required && !/^(u?int|s?fixed|float|double|bool)/.test(field.type) ? [at] : [];
    }
    const fieldType = findType(field.type, type.name);
    if (fieldType?.kind !== 'message' || field.map) {
      return [];
    }
    const items = Array.isArray(inner) ? inner : [inner];
    return items.flatMap((item, index) =>
      isJson(item) ? missing(fieldType, item, field.repeated ? `${at}[${index}]` : at) : [],
    );
  });
}

function message(type: MessageType, json: unknown, path: string, violations: Violation[]): Json {
  if (!isJson(json)) {
    violations.push(wrongValue(path, type, json));
    return {};
  }
  const result: Json = {};
  for (const [given, value] of Object.entries(json)) {
    const name = type.fields.has(given) ? given : camelCase(given);
    const field = type.fields.get(name);
    if (field === undefined) {
      const where = path === '' ? '' : ` at '${path}'`;
      const description = `Invalid JSON payload received. Unknown name "${given}"${where}: Cannot find field.`;
      violations.push({ field: path, description });
    } else if (value !== null && !field.outputOnly) {
      result[name] = fieldValue(field, type, value, join(path, snakeCase(name)), violations);
    }
  }
  for (const [oneof, names] of type.oneofs) {
    const [first, second] = names.filter((name) => name in result);
    if (first !== undefined && second !== undefined) {
      const already = `oneof field '${snakeCase(oneof)}' is already set. Cannot set '${second}'`;
      violations.push({ field: path, description: `Invalid value at '${path}' (oneof), ${already}` });
    }
  }
  return result;
}

function fieldValue(field: Field, owner: MessageType, value: unknown, path: string, violations: Violation[]): unknown {
  const type = findType(field.type, owner.name) ?? field.type;
  if (field.map) {
    if (!isJson(value)) {
      violations.push(wrongValue(path, type, value));
      return {};
    }
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, single(type, inner, `${path}[${key}].value`, violations)]),
    );
  }
  if (field.repeated) {
    // A single value is taken for a list of one.
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.map((inner, index) => single(type, inner, `${path}[${index}]`, violations));
  }
  return single(type, value, path, violations);
}

function single(type: MessageType | EnumType | string, value: unknown, path: string, violations: Violation[]): unknown {
  const parsed = typeof type === 'string' ? scalar(type, value) : complex(type, value, path, violations);
  if (parsed === undefined) {
    violations.push(wrongValue(path, type, value));
  }
  return parsed;
}

function complex(type: MessageType | EnumType, value: unknown, path: string, violations: Violation[]): unknown {
  if (type.kind === 'enum') {
    const found = [...type.values].find(([name, number]) => name === value || number === value);
    return found?.[0];
  }
  switch (type.name) {
    case 'google.protobuf.Duration':
      return typeof value === 'string' && /^-?\d+(\.\d{1,9})?s$/.test(value)
        ? value.replace(/\.?0+s$/, (zeros) => (zeros.startsWith('.') ? 's' : zeros))
        : undefined;
    case 'google.protobuf.Timestamp':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT.+(Z|[+-]\d\d:\d\d)$/.test(value) ? time(value) : undefined;
    case 'google.protobuf.FieldMask':
      return typeof value === 'string' ? value : undefined;
    default:
      return message(type, value, path, violations);
  }
}

function time(value: string): string | undefined {
  return Number.isNaN(Date.parse(value)) ? undefined : value;
}

const limits: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint64: [0, 2 ** 64],
};

function scalar(type: string, value: unknown): unknown {
  if (type === 'string' || type === 'bytes') {
    return typeof value === 'string' ? value : undefined;
  }
  if (type === 'bool') {
    return typeof value === 'boolean' ? value : undefined;
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number)) {
    return undefined;
  }
  const range = limits[type];
  if (range === undefined) {
    return number;
  }
  if (!Number.isInteger(number) || number < range[0] || number > range[1]) {
    return undefined;
  }
  return type.endsWith('64') ? String(value) : number;
}

function wrongValue(path: string, type: MessageType | EnumType | string, value: unknown): Violation {
  const name = typeof type === 'string' ? `TYPE_${type.toUpperCase()}` : `type.googleapis.com/${type.name}`;
  const text = isJson(value) ? 'Starting an object on a scalar field' : JSON.stringify(value);
  return { field: path, description: `Invalid value at '${path}' (${name}), ${text}` };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
