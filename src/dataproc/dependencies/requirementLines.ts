import type { Problem } from './findings';
import { holds, type MarkerNames } from './markers';
import { parseRequirement, type Requirement } from './requirement';
import { allows } from './versions';

/** What a requirement is held against. */
export interface Machines {
  names: MarkerNames;
  /** Versions of what they install for Dask, by name. */
  pins: ReadonlyMap<string, string>;
}

type Wrong = Pick<Problem, 'why' | 'next'>;

const elsewhere =
  'Have it in a package index that the machines reach ("packages.indexUrl"), or bring an environment of your own ("packages.archive" or "packages.image").';
const ownCode = 'Leave that out: modules of the workspace that the script imports are uploaded without it.';
const archive = /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)$/i;
const windowsOnly = /^(?:pywin32|pypiwin32|pywinpty|wmi|comtypes)$/;

/** Why machines cannot do what a line of a requirements file says; undefined where they may. */
export function wrongLine(line: string, machines: Machines): Wrong | undefined {
  // Options of one requirement, such as its hashes.
  const text = line.replace(/\s+--(?!editable|requirement|constraint).*$/, '');
  const [, option = '', value = ''] = /^(-[a-zA-Z](?=[^-])|--[a-z-]+)(?:\s*=?\s*)(.*)$/.exec(line) ?? [];
  switch (option) {
    case '':
      return wrongRequirement(text, machines);
    case '-c':
    case '--constraint':
      return {
        why: `"${line}" is a file of constraints, which is not brought along.`,
        next: 'Write its versions into the requirements, or name a lock file instead of them.',
      };
    case '-e':
    case '--editable':
      return wrongPlace(line, value, ownCode);
    case '-f':
    case '--find-links':
    case '-i':
    case '--index-url':
    case '--extra-index-url':
      return wrongPlace(line, value, elsewhere);
    default:
      return undefined;
  }
}

/** As `wrongLine`, of a requirement alone. */
export function wrongRequirement(text: string, { names, pins }: Machines): Wrong | undefined {
  const requirement = parseRequirement(text);
  if (requirement === undefined) {
    const place = text.replace(/\s*;.*$|\[[^\]]*\]$/, '');
    const isPlace = /^(?:[./~\\]|[a-z]:[\\/]|file:|git\+|(?:ssh|https?):\/\/)/i.test(place) || /[/\\]/.test(place);
    return isPlace || archive.test(place) ? wrongPlace(text, place, elsewhere) : undefined;
  }
  if (!holds(requirement.marker, names)) {
    return undefined;
  }
  if (requirement.url !== undefined) {
    return wrongPlace(text, requirement.url, elsewhere) ?? conflict(text, requirement, pins);
  }
  if (archive.test(text)) {
    return wrongPlace(text, text, elsewhere);
  }
  if (windowsOnly.test(requirement.name)) {
    return {
      why: `"${text}" is for Windows alone.`,
      next: `Write ; sys_platform == "win32" behind it, or leave it out.`,
    };
  }
  return conflict(text, requirement, pins);
}

/** What is at a place of this machine alone, or needs a key that is here alone. */
export function wrongPlace(text: string, place: string, next: string): Wrong | undefined {
  if (/^(?:git\+)?ssh:|^git\+[^:/]+@|^git@/i.test(place)) {
    return {
      why: `"${text}" needs a key of yours, which the machines do not have.`,
      next: 'Write an address that begins with https:// and asks for no password, or use a package index.',
    };
  }
  if (/^(?:(?:git|hg|svn|bzr)\+)?(?:https?|git|hg|svn|bzr):\/\//i.test(place)) {
    return undefined;
  }
  return { why: `"${text}" is on this machine alone, and is not brought along.`, next };
}

function conflict(text: string, { name, specifier, url }: Requirement, pins: Machines['pins']): Wrong | undefined {
  const pin = pins.get(name);
  return pin === undefined || (url === undefined && allows(specifier, pin))
    ? undefined
    : {
        why: `"${text}" cannot be kept beside the Dask of the machines, which goes with ${name} ${pin}.`,
        next: `Allow ${name} ${pin} there, or bring an environment of your own ("packages.archive" or "packages.image").`,
      };
}
