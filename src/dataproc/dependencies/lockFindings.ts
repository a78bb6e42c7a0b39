import type { Findings, Problem } from './findings';
import type { LockedPackage } from './lockedPackages';
import { wrongPlace, type Machines } from './requirementLines';

/** Packages that are named one by one. */
const named = 5;
const publicIndex = /^https:\/\/(?:pypi\.org|pypi\.python\.org)\//;
const elsewhere =
  'Have it in a package index that the machines reach ("packages.indexUrl") and lock it from there, or bring an environment of your own ("packages.archive" or "packages.image").';

/**
 * What machines do with a lock file. Versions of Dask and of what it needs are theirs, which is told; nothing is taken
 * from an index that the lock has from elsewhere.
 *
 * @param indexes that the profile names
 */
export function lockFindings(
  packages: readonly LockedPackage[],
  file: string,
  { pins }: Machines,
  indexes: readonly string[],
): Findings {
  const problems: Problem[] = [];
  const direct: string[] = [];
  const replaced: string[] = [];
  const foreign = new Map<string, number>();
  for (const { name, version, line, source } of packages) {
    const pin = pins.get(name);
    if (source.kind === 'unknown') {
      problems.push({ file, line, why: `${name} has neither a version nor a place.`, next: 'Lock it anew.' });
    } else if (source.kind === 'index') {
      if (pin !== undefined && version !== undefined && pin !== version) {
        replaced.push(`${name} ${pin}, not ${version} (line ${line})`);
      } else if (pin === undefined && isForeign(source.registry, indexes)) {
        foreign.set(source.registry, (foreign.get(source.registry) ?? 0) + 1);
      }
    } else {
      const text = `${name} from ${withoutSecrets(source.at)}`;
      const wrong = source.kind === 'place' ? undefined : wrongPlace(text, source.at, elsewhere);
      if (source.kind === 'place' || wrong !== undefined) {
        const why = `${text} is on this machine alone, and is not brought along.`;
        problems.push({ file, line, ...(wrong ?? { why: `"${text}"${why.slice(text.length)}`, next: elsewhere }) });
      } else if (pin !== undefined) {
        problems.push({
          ...{ file, line },
          why: `"${text}" cannot be kept beside the Dask of the machines, which goes with ${name} ${pin}.`,
          next: 'Lock the one of the index, or bring an environment of your own ("packages.archive" or "packages.image").',
        });
      } else {
        direct.push(text);
      }
    }
  }
  return {
    problems,
    notes: [
      ...(replaced.length === 0
        ? []
        : [`Installs, as they go with the Dask of the machines, other versions than ${file}: ${list(replaced)}.`]),
      ...(direct.length === 0 ? [] : [`Installs from where ${file} says: ${list(direct)}.`]),
      ...[...foreign].map(
        ([registry, count]) =>
          `${file} has ${count} package${count === 1 ? '' : 's'} from ${withoutSecrets(registry)}, which the profile does not name in "packages": an index that it names is asked instead.`,
      ),
    ],
  };
}

function isForeign(registry: string | undefined, indexes: readonly string[]): registry is string {
  const clean = (url: string): string => withoutSecrets(url).replace(/\/$/, '');
  return (
    registry !== undefined && !publicIndex.test(registry) && !indexes.some((index) => clean(index) === clean(registry))
  );
}

function list(texts: readonly string[]): string {
  const more = texts.length > named ? `, and ${texts.length - named} more` : '';
  return texts.slice(0, named).join(', ') + more;
}

/** An address may hold a password. */
function withoutSecrets(url: string): string {
  return url.replace(/(:\/\/)[^/@\s]+@/, '$1').replace(/[?#].*$/, '');
}
