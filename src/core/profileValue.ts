import { parseBytes } from './bytes';
import { parseDuration } from './duration';
import { environmentNamePattern, reservedEnvironmentNames } from './fields/common';
import type { FieldType, ProfileField } from './fields/field';
import type { ProfileContext } from './profileValidation';

export interface FieldProblem {
  /** From the field on. */
  path: readonly (string | number)[];
  /** What is there; undefined where something is missing. */
  value: unknown;
  /** A sentence more. */
  why?: string;
  /** Where it is not the field's own text. */
  allowed?: string;
}

export type Read = { value: unknown; problems: readonly FieldProblem[] };

const ok = (value: unknown): Read => ({ value, problems: [] });
const wrong = (value: unknown, why?: string): Read => ({
  value: undefined,
  problems: [why === undefined ? { path: [], value } : { path: [], value, why }],
});

/** Takes apart how many workers there are and whether runs share them: people write both in one. */
export function withoutShared(values: Record<string, unknown>): Record<string, unknown> {
  const { workers, ...others } = values;
  const { shared, ...range } = (workers ?? {}) as Record<string, unknown>;
  return { ...others, ...('kind' in range ? { workers: range } : {}), sharedWorkers: shared === true };
}

/** Reads a value into what a profile holds, or says what is wrong with it. Objects are filled with their defaults. */
export function readValue(type: FieldType, value: unknown, context: ProfileContext): Read {
  switch (type.kind) {
    case 'choice':
      return type.values.some((choice) => choice.value === value) ? ok(value) : wrong(value);
    case 'constant':
      return value === type.value ? ok(value) : wrong(value);
    case 'boolean':
      return typeof value === 'boolean' ? ok(value) : wrong(value);
    case 'integer':
      return isInteger(value, type.minimum, type.maximum) ? ok(value) : wrong(value);
    case 'number':
      return typeof value === 'number' && value >= type.minimum && value <= type.maximum ? ok(value) : wrong(value);
    case 'text':
      return typeof value === 'string' && new RegExp(type.pattern, 'u').test(value) ? ok(value) : wrong(value);
    case 'workers':
      if (value === 'shared' && type.shared !== undefined) {
        return ok(type.shared === 'usual' ? { shared: true } : { kind: 'fixed', count: type.shared, shared: true });
      }
      return isObject(value)
        ? readRange(value, type.maximum, type.shared !== undefined)
        : isInteger(value, type.minimum, type.maximum)
          ? ok({ kind: 'fixed', count: value })
          : wrong(value);
    case 'memory':
      return value === 'auto'
        ? ok('auto')
        : value === 'none' || value === 0 || value === '0'
          ? ok('0')
          : readSize(value, type.minimumBytes, type.maximumBytes);
    case 'size':
      return readSize(value, type.minimumBytes, type.maximumBytes);
    case 'duration': {
      const seconds = typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined;
      return seconds !== undefined && seconds >= type.minimumSeconds && seconds <= type.maximumSeconds
        ? ok(seconds)
        : wrong(value);
    }
    case 'environment':
      return readEnvironment(value);
    case 'file':
      return typeof value === 'string' && type.named?.test(value) === false ? wrong(value) : readFile(value, context);
    case 'schedulerAddress':
      return typeof value === 'string' && isSchedulerAddress(value) ? ok(value) : wrong(value);
    case 'httpUrl':
      return typeof value === 'string' && /^https?:\/\/[^\s/]+(\/\S*)?$/.test(value)
        ? ok(value.replace(/\/+(status)?$/, ''))
        : wrong(value);
    case 'tlsFiles':
      return readTlsFiles(value, context);
    case 'list':
      return readList(type, value, context);
    case 'map':
      return readMap(type, value, context);
    case 'object':
      return isObject(value) ? readFields(type.fields, value, context) : wrong(value);
    case 'either':
      return readEither(type.types, value, context);
  }
}

/** Reads the fields of an object. What is left out has its default, where it has one. */
export function readFields(
  fields: readonly ProfileField[],
  value: Readonly<Record<string, unknown>>,
  context: ProfileContext,
): { value: Record<string, unknown>; problems: readonly FieldProblem[] } {
  const names = fields.map((field) => field.name);
  const problems: FieldProblem[] = Object.keys(value)
    .filter((key) => !names.includes(key))
    .map((key) => {
      const close = names.find((known) => known.toLowerCase().startsWith(key.toLowerCase().slice(0, 4)));
      const why = close === undefined ? undefined : `Perhaps "${close}" is meant.`;
      return { path: [key], value: value[key], allowed: names.join(', '), ...(why === undefined ? {} : { why }) };
    });
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const written = value[field.name];
    const found = written === undefined ? field.default : written;
    if (found === undefined) {
      if (field.required) {
        problems.push({ path: [field.name], value: undefined, allowed: field.allowed });
      }
      continue;
    }
    const { value: result, problems: inside } = readValue(field.type, found, context);
    problems.push(...inside.map((problem) => below(problem, field.name, field.allowed)));
    const other = field.instead.find(
      (name) => value[name] !== undefined && names.indexOf(name) < names.indexOf(field.name),
    );
    if (written !== undefined && other !== undefined) {
      const why = `"${other}" is written too.`;
      problems.push({ path: [field.name], value: written, allowed: `one of "${other}" and "${field.name}"`, why });
    }
    read[field.name] = result;
  }
  return { value: read, problems };
}

function below(problem: FieldProblem, key: string | number, allowed: string): FieldProblem {
  return { ...problem, path: [key, ...problem.path], allowed: problem.allowed ?? allowed };
}

function readList(type: Extract<FieldType, { kind: 'list' }>, value: unknown, context: ProfileContext): Read {
  if (!Array.isArray(value) || value.length > type.maximum) {
    return wrong(value, Array.isArray(value) ? `It has ${value.length} entries.` : undefined);
  }
  const seen = new Set<string>();
  const problems: FieldProblem[] = [];
  const items = (value as readonly unknown[]).map((item, index) => {
    const read = readValue(type.item, item, context);
    problems.push(...read.problems.map((problem) => below(problem, index, type.itemAllowed)));
    const text = JSON.stringify(item);
    if (seen.has(text)) {
      problems.push({ path: [index], value: item, allowed: 'no entry twice' });
    }
    seen.add(text);
    return read.value;
  });
  return { value: items, problems };
}

function readMap(type: Extract<FieldType, { kind: 'map' }>, value: unknown, context: ProfileContext): Read {
  if (!isObject(value) || Object.keys(value).length > type.maximum) {
    return wrong(value, isObject(value) ? `It has ${Object.keys(value).length} entries.` : undefined);
  }
  const problems: FieldProblem[] = [];
  const entries = Object.entries(value).map(([key, item]) => {
    if (!new RegExp(type.keys, 'u').test(key)) {
      problems.push({ path: [key], value: item, allowed: type.keysAllowed });
    }
    const read = readValue(type.value, item, context);
    problems.push(...read.problems.map((problem) => below(problem, key, type.valueAllowed)));
    return [key, read.value];
  });
  return { value: Object.fromEntries(entries) as unknown, problems };
}

/** Of several problems, those of an object or a list are told where the value is one: they lead further. */
function readEither(types: readonly FieldType[], value: unknown, context: ProfileContext): Read {
  const reads = types.map((type) => ({ type, read: readValue(type, value, context) }));
  const right = reads.find(({ read }) => read.problems.length === 0);
  const isAlike = {
    object: isObject(value),
    list: Array.isArray(value),
    file: typeof value === 'string',
  } as Partial<Record<FieldType['kind'], boolean>>;
  const alike = reads.find(({ type }) => isAlike[type.kind]);
  return right?.read ?? alike?.read ?? wrong(value);
}

/** A value as a message shows it: JSON, cut at 60 characters. */
export function shownValue(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, minimum: number, maximum: number): value is number {
  return Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum;
}

function readRange(value: Record<string, unknown>, limit: number, mayBeShared: boolean): Read {
  const { minimum, maximum, ...rest } = value;
  const { shared = false, ...others } = rest;
  if (shared !== false && !mayBeShared) {
    return { value, problems: [{ path: ['shared'], value: shared, allowed: 'minimum and maximum' }] };
  }
  const problems: FieldProblem[] = [];
  if (typeof shared !== 'boolean') {
    problems.push({ path: ['shared'], value: shared, allowed: 'true or false' });
  }
  if (!isInteger(minimum, 0, limit)) {
    problems.push({ path: ['minimum'], value: minimum, allowed: `a whole number from 0 to ${limit}` });
  }
  if (!isInteger(maximum, 1, limit)) {
    problems.push({ path: ['maximum'], value: maximum, allowed: `a whole number from 1 to ${limit}` });
  }
  for (const [key, found] of Object.entries(others)) {
    problems.push({ path: [key], value: found, allowed: 'minimum and maximum' });
  }
  if (problems.length === 0 && (minimum as number) > (maximum as number)) {
    problems.push({ path: [], value, why: 'The minimum is above the maximum.' });
  }
  return { value: { kind: 'adaptive', minimum, maximum, ...(shared === true ? { shared } : {}) }, problems };
}

function readSize(value: unknown, minimum: number, maximum: number): Read {
  if (typeof value !== 'string') {
    return wrong(value, typeof value === 'number' ? 'A size needs its unit.' : undefined);
  }
  if (/^[\s\d.]*$/.test(value)) {
    return wrong(value, 'A size needs its unit.');
  }
  const bytes = parseBytes(value);
  return bytes !== undefined && bytes >= minimum && bytes <= maximum ? ok(value.trim()) : wrong(value);
}

function readEnvironment(value: unknown): Read {
  if (!isObject(value)) {
    return wrong(value);
  }
  const problems: FieldProblem[] = [];
  for (const [name, text] of Object.entries(value)) {
    if (!environmentNamePattern.test(name)) {
      problems.push({
        path: [name],
        value: text,
        allowed: 'names of letters, digits and underscores that do not begin with a digit',
      });
    } else if (reservedEnvironmentNames.includes(name)) {
      problems.push({
        path: [name],
        value: text,
        allowed: `every name but ${reservedEnvironmentNames.join(' and ')}, which each run sets`,
      });
    } else if (typeof text !== 'string' || text.includes('\0')) {
      problems.push({ path: [name], value: text, allowed: 'a text in quotes' });
    }
  }
  return { value: { ...value }, problems };
}

/** `~` and `${workspaceFolder}` at the beginning, and nothing else, are replaced. */
function readFile(value: unknown, context: ProfileContext): Read {
  if (typeof value !== 'string' || value.trim() === '' || value.includes('\0')) {
    return wrong(value);
  }
  const workspace = '${workspaceFolder}';
  if (value.startsWith(workspace)) {
    return context.workspaceFolder === undefined
      ? wrong(value, 'No folder is open.')
      : ok(context.workspaceFolder + value.slice(workspace.length));
  }
  if (value === '~' || /^~[\\/]/.test(value)) {
    return ok(context.home + value.slice(1));
  }
  return /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(value) ? ok(value) : wrong(value, 'The path is not absolute.');
}

function readTlsFiles(value: unknown, context: ProfileContext): Read {
  if (!isObject(value)) {
    return wrong(value);
  }
  const files: Record<string, unknown> = {};
  const problems: FieldProblem[] = [];
  for (const key of ['ca', 'cert', 'key']) {
    const read = readFile(value[key], context);
    files[key] = read.value;
    problems.push(...read.problems.map((problem) => ({ ...problem, path: [key] })));
  }
  for (const key of Object.keys(value).filter((key) => !(key in files))) {
    problems.push({ path: [key], value: value[key], allowed: 'ca, cert and key' });
  }
  return { value: files, problems };
}

/** Host names, IPv4 and bracketed IPv6, as Dask takes them; user names and paths are not part of one. */
function isSchedulerAddress(value: string): boolean {
  const match = /^(?:tcp|tls|ws|wss):\/\/(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+):(\d{1,5})\/?$/.exec(value);
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65_535;
}
