import { parseBytes } from './bytes';
import { parseDuration } from './duration';
import type { ProfileField } from './profileFields';
import { environmentNamePattern, reservedEnvironmentNames } from './profileFields';
import type { ProfileContext } from './profileValidation';

export interface FieldProblem {
  /** From the field on. */
  path: readonly string[];
  /** What is there; undefined where something is missing. */
  value: unknown;
  /** A sentence more. */
  why?: string;
  /** Where it is not the field's own text. */
  allowed?: string;
}

type Read = { value: unknown; problems: readonly FieldProblem[] };

const ok = (value: unknown): Read => ({ value, problems: [] });
const wrong = (value: unknown, why?: string, path: readonly string[] = []): Read => ({
  value: undefined,
  problems: [why === undefined ? { path, value } : { path, value, why }],
});

/** Reads the value of one field into what a `Profile` holds, or says what is wrong with it. */
export function readField(field: ProfileField, value: unknown, context: ProfileContext): Read {
  const { type } = field;
  switch (type.kind) {
    case 'choice':
      return type.values.some((choice) => choice.value === value) ? ok(value) : wrong(value);
    case 'integer':
      return isInteger(value, type.minimum, type.maximum) ? ok(value) : wrong(value);
    case 'workers':
      return isObject(value)
        ? readRange(value, type.maximum)
        : isInteger(value, type.minimum, type.maximum)
          ? ok({ kind: 'fixed', count: value })
          : wrong(value);
    case 'memory':
      return readMemory(value, type.minimumBytes, type.maximumBytes);
    case 'duration': {
      const seconds = typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined;
      return seconds !== undefined && seconds >= type.minimumSeconds && seconds <= type.maximumSeconds
        ? ok(seconds)
        : wrong(value);
    }
    case 'environment':
      return readEnvironment(value);
    case 'file':
      return readFile(value, context);
    case 'schedulerAddress':
      return typeof value === 'string' && isSchedulerAddress(value) ? ok(value) : wrong(value);
    case 'httpUrl':
      return typeof value === 'string' && /^https?:\/\/[^\s/]+(\/\S*)?$/.test(value)
        ? ok(value.replace(/\/+(status)?$/, ''))
        : wrong(value);
    case 'tlsFiles':
      return readTlsFiles(value, context);
  }
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

function readRange(value: Record<string, unknown>, limit: number): Read {
  const { minimum, maximum, ...others } = value;
  const problems: FieldProblem[] = [];
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
  return { value: { kind: 'adaptive', minimum, maximum }, problems };
}

function readMemory(value: unknown, minimum: number, maximum: number): Read {
  if (value === 'auto') {
    return ok('auto');
  }
  if (value === 'none' || value === 0 || value === '0') {
    return ok('0');
  }
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
