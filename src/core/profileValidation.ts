import { UserError } from './errors';
import type { LocalProfile, Profile } from './profile';
import type { ProfileField } from './profileFields';
import { profileBackends, profileFields, profileNameAllowed, profileNamePattern } from './profileFields';
import type { FieldProblem } from './profileValue';
import { isObject, readField, shownValue } from './profileValue';

/** What paths in a profile may refer to. */
export interface ProfileContext {
  /** For `~`. Absolute. */
  home: string;
  /** For `${workspaceFolder}`. Absolute; undefined where no folder is open. */
  workspaceFolder: string | undefined;
}

export interface ProfileProblem {
  profile: string;
  /** From the profile on: `['workers', 'minimum']`; empty for the profile as a whole. */
  path: readonly (string | number)[];
  value: unknown;
  /** What is allowed there, as words. */
  allowed: string;
  /** The whole of it, for people: names profile, field, value and range. */
  message: string;
}

/** The profile that is there without any settings. */
export const builtInProfile: LocalProfile = {
  backend: 'local',
  name: 'local',
  workers: { kind: 'fixed', count: 4 },
  memoryLimit: 'auto',
  idleTimeoutSeconds: 600,
  security: 'tls',
  afterRun: 'delete',
  environment: {},
};

/**
 * Reads the value of `dask.profiles`. Malformed profiles are left out, each with everything that is wrong with it.
 * The built-in `local` is in unless settings have one of that name.
 */
export function parseProfiles(
  settings: unknown,
  context: ProfileContext,
): { profiles: ReadonlyMap<string, Profile>; problems: readonly ProfileProblem[] } {
  const profiles = new Map<string, Profile>();
  const problems: ProfileProblem[] = [];
  if (settings !== undefined && settings !== null && !isObject(settings)) {
    const allowed = 'an object of names and profiles, such as { "big": { "backend": "local", "workers": 8 } }';
    problems.push({
      profile: '',
      path: [],
      value: settings,
      allowed,
      message: `"dask.profiles" is ${shownValue(settings)}. Allowed: ${allowed}.`,
    });
  } else {
    for (const [name, value] of Object.entries(settings ?? {})) {
      const parsed = parseProfile(name, value, context);
      if (parsed.profile) {
        profiles.set(name, parsed.profile);
      }
      problems.push(...parsed.problems);
    }
  }
  if (!isObject(settings) || !Object.hasOwn(settings, builtInProfile.name)) {
    profiles.set(builtInProfile.name, builtInProfile);
  }
  return { profiles, problems };
}

/** Reads one profile: either `profile` is there, or `problems` says everything that is wrong. */
export function parseProfile(
  name: string,
  value: unknown,
  context: ProfileContext,
): { profile: Profile | undefined; problems: readonly ProfileProblem[] } {
  const problems: ProfileProblem[] = [];
  const report = (path: readonly string[], found: unknown, allowed: string, sentence: string): void => {
    problems.push({
      profile: name,
      path,
      value: found,
      allowed,
      message: `Profile "${name}": ${sentence} Allowed: ${allowed}.`,
    });
  };

  if (!profileNamePattern.test(name)) {
    report([], name, profileNameAllowed, `${shownValue(name)} cannot be the name of a profile.`);
  }
  if (!isObject(value)) {
    report([], value, 'an object that begins with "backend"', `it is ${shownValue(value)}.`);
    return { profile: undefined, problems };
  }
  const backend = profileBackends.find((known) => known === value['backend']);
  if (!backend) {
    const found = value['backend'];
    report(
      ['backend'],
      found,
      '"local" or "address"',
      found === undefined ? '"backend" is missing.' : `"backend" is ${shownValue(found)}.`,
    );
    return { profile: undefined, problems };
  }

  const fields: readonly ProfileField[] = profileFields[backend];
  const names = fields.map((field) => field.name);
  for (const key of Object.keys(value).filter((key) => !names.includes(key))) {
    const close = names.find((known) => known.toLowerCase().startsWith(key.toLowerCase().slice(0, 4)));
    const hint = close === undefined ? '' : ` Perhaps "${close}" is meant.`;
    report(
      [key],
      value[key],
      names.join(', '),
      `"${key}" (${shownValue(value[key])}) is not a field of the backend "${backend}".${hint}`,
    );
  }
  const read: Record<string, unknown> = {};
  for (const field of fields) {
    const found = value[field.name];
    if (found === undefined) {
      if (field.required) {
        report([field.name], found, field.allowed, `"${field.name}" is missing.`);
      }
      continue;
    }
    const result = readField(field, found, context);
    if (result.problems.length === 0) {
      read[field.name] = result.value;
    }
    for (const problem of result.problems) {
      reportField(field, problem, report);
    }
  }
  if (read['tls'] !== undefined && typeof read['address'] === 'string' && !/^(tls|wss):/.test(read['address'])) {
    report(
      ['tls'],
      value['tls'],
      'only with an address that begins with tls:// or wss://',
      `"tls" is ${shownValue(value['tls'])}, and "address" is ${shownValue(value['address'])}.`,
    );
  }
  return { profile: problems.length === 0 ? assemble(backend, name, read) : undefined, problems };
}

/**
 * The profile of that name, from the value of `dask.profiles`.
 *
 * @throws UserError `profileInvalid` or `profileUnknown`, with a button to the place in settings.
 */
export function findProfile(settings: unknown, name: string, context: ProfileContext): Profile {
  const { profiles, problems } = parseProfiles(settings, context);
  const profile = profiles.get(name);
  if (profile) {
    return profile;
  }
  const own = problems.filter((problem) => problem.profile === name || problem.profile === '');
  const first = own[0];
  if (first) {
    throw new UserError({
      code: 'profileInvalid',
      what: own.map((problem) => problem.message).join(' '),
      next: 'Correct it in settings.',
      buttons: [openSettings('Open settings', first.profile === '' ? [] : [name, ...first.path])],
    });
  }
  throw new UserError({
    code: 'profileUnknown',
    what: `There is no profile "${name}".`,
    why: `"dask.profiles" has: ${[...profiles.keys()].join(', ') || 'none that can be used'}.`,
    next: 'Select another profile, or add this one to settings.',
    buttons: [openSettings('Open settings', [])],
  });
}

function openSettings(title: string, path: readonly (string | number)[]): NonNullable<UserError['buttons']>[number] {
  return { title, action: { kind: 'openSettings', setting: 'dask.profiles', path } };
}

function reportField(
  field: ProfileField,
  problem: FieldProblem,
  report: (path: readonly string[], found: unknown, allowed: string, sentence: string) => void,
): void {
  const path = [field.name, ...problem.path];
  const is = problem.value === undefined ? 'is missing' : `is ${shownValue(problem.value)}`;
  const why = problem.why === undefined ? '' : ` ${problem.why}`;
  report(path, problem.value, problem.allowed ?? field.allowed, `"${path.join('.')}" ${is}.${why}`);
}

function assemble(backend: Profile['backend'], name: string, read: Record<string, unknown>): Profile {
  const { idleTimeout, ...rest } = read;
  if (backend === 'address') {
    return { environment: {}, ...rest, backend, name } as unknown as Profile;
  }
  const seconds = idleTimeout === undefined ? {} : { idleTimeoutSeconds: idleTimeout };
  return { ...builtInProfile, ...rest, ...seconds, backend, name } as LocalProfile;
}
