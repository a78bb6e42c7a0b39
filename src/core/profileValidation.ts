import { UserError } from './errors';
import type { LocalProfile, Profile } from './profile';
import { profileNameAllowed, profileNamePattern } from './fields/common';
import { dataprocProfile } from './profileDataproc';
import { profileBackends, profileFields } from './profileFields';
import { inherit } from './profileInheritance';
import { isObject, readFields, shownValue, withoutShared } from './profileValue';

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
  sharedWorkers: false,
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
      const parsed = parseProfile(name, value, context, settings ?? {});
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

/** One thing that is wrong: where from the profile on, what is there, what is allowed, and a sentence more. */
export type Report = (path: readonly (string | number)[], found: unknown, allowed: string, why?: string) => void;

/**
 * Reads one profile: either `profile` is there, or `problems` says everything that is wrong.
 *
 * @param others the value of `dask.profiles`, for profiles that extend others
 */
export function parseProfile(
  name: string,
  value: unknown,
  context: ProfileContext,
  others: Readonly<Record<string, unknown>> = {},
): { profile: Profile | undefined; problems: readonly ProfileProblem[] } {
  const problems: ProfileProblem[] = [];
  let from: (path: readonly (string | number)[]) => string | undefined = () => undefined;
  const say = (path: readonly (string | number)[], found: unknown, allowed: string, sentence: string): void => {
    const message = `Profile "${name}": ${sentence} Allowed: ${allowed}.`;
    problems.push({ profile: name, path, value: found, allowed, message });
  };
  const report: Report = (path, found, allowed, why) => {
    const is = found === undefined ? 'is missing' : `is ${shownValue(found)}`;
    const parent = from(path);
    const source = parent === undefined ? '' : `, from the profile "${parent}"`;
    say(path, found, allowed, `"${path.join('.')}" ${is}${source}.${why === undefined ? '' : ` ${why}`}`);
  };

  if (!profileNamePattern.test(name)) {
    say([], name, profileNameAllowed, `${shownValue(name)} cannot be the name of a profile.`);
  }
  if (!isObject(value)) {
    say([], value, 'an object that begins with "backend"', `it is ${shownValue(value)}.`);
    return { profile: undefined, problems };
  }
  const backend = profileBackends.find((known) => known === value['backend']);
  if (!backend) {
    report(['backend'], value['backend'], wordsOf(profileBackends));
    return { profile: undefined, problems };
  }

  const fields = profileFields[backend];
  const profiles = { [builtInProfile.name]: { backend: 'local' }, ...others };
  const inherited = inherit(name, value, profiles, fields, (parent) => {
    return parseProfile(parent, profiles[parent], context, others).profile !== undefined;
  });
  if ('why' in inherited) {
    report(['extends'], value['extends'], inherited.allowed, inherited.why);
    return { profile: undefined, problems };
  }
  from = inherited.from;
  const { value: read, problems: found } = readFields(fields, inherited.value, context);
  for (const problem of found) {
    const [key = ''] = problem.path;
    if (problem.path.length === 1 && !fields.some((field) => field.name === key)) {
      const sentence = `"${key}" (${shownValue(problem.value)}) is not a field of the backend "${backend}".`;
      const hint = problem.why === undefined ? '' : ` ${problem.why}`;
      say(problem.path, problem.value, problem.allowed ?? '', sentence + hint);
    } else {
      report(problem.path, problem.value, problem.allowed ?? '', problem.why);
    }
  }
  checkAddress(inherited.value, read, report);
  if (problems.length > 0) {
    return { profile: undefined, problems };
  }
  const profile =
    backend === 'dataproc' ? dataprocProfile(name, read, inherited.value, report) : assemble(backend, name, read);
  return { profile: problems.length === 0 ? profile : undefined, problems };
}

function wordsOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
}

function checkAddress(
  written: Readonly<Record<string, unknown>>,
  read: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  const address = read['address'];
  if (read['tls'] !== undefined && typeof address === 'string' && !/^(tls|wss):/.test(address)) {
    const allowed = 'only with an address that begins with tls:// or wss://';
    report(['tls'], written['tls'], allowed, `"address" is ${shownValue(address)}.`);
  }
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

function assemble(backend: 'local' | 'address', name: string, read: Record<string, unknown>): Profile {
  const named: Record<string, unknown> = { ...(backend === 'local' ? withoutShared(read) : read), backend, name };
  delete named['extends'];
  if (backend === 'local') {
    named['idleTimeoutSeconds'] = named['idleTimeout'];
    delete named['idleTimeout'];
  }
  return named as unknown as Profile;
}
