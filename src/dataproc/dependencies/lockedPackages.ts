import { holds, type MarkerNames } from './markers';
import { canonicalName } from './requirement';
import { nodeAt, tableAt, tablesAt, textAt, textsAt, type TomlTable } from './toml';

/** Where a lock file has a package from. `place`: a folder or file beside it; `unknown`: it names nothing. */
export type LockSource =
  { kind: 'index'; registry: string | undefined } | { kind: 'url' | 'git' | 'place'; at: string } | { kind: 'unknown' };

export interface LockedPackage {
  name: string;
  version: string | undefined;
  /** 1-based. */
  line: number;
  source: LockSource;
}

/** What a `pylock.toml` (PEP 751) installs on machines with these markers. */
export function pylockPackages(lock: TomlTable, machine: MarkerNames): readonly LockedPackage[] {
  const names = { ...machine, dependency_groups: textsAt(lock, 'default-groups').map(({ text }) => text) };
  return tablesAt(lock, 'packages')
    .filter((one) => holds(textAt(one, 'marker'), names))
    .map((one) => ({
      name: canonicalName(textAt(one, 'name') ?? ''),
      version: textAt(one, 'version'),
      line: nodeAt(one, 'name')?.line ?? one.line,
      source: pylockSource(one),
    }));
}

function pylockSource(one: TomlTable): LockSource {
  const [vcs, directory, file] = [tableAt(one, 'vcs'), tableAt(one, 'directory'), tableAt(one, 'archive')];
  if (vcs !== undefined) {
    const url = textAt(vcs, 'url');
    return url === undefined ? { kind: 'place', at: textAt(vcs, 'path') ?? '' } : { kind: 'git', at: url };
  }
  if (directory !== undefined) {
    return { kind: 'place', at: textAt(directory, 'path') ?? '' };
  }
  if (file !== undefined) {
    const url = textAt(file, 'url');
    return url === undefined ? { kind: 'place', at: textAt(file, 'path') ?? '' } : { kind: 'url', at: url };
  }
  const sdist = tableAt(one, 'sdist');
  const files = [...tablesAt(one, 'wheels'), ...(sdist === undefined ? [] : [sdist])];
  const local = files.find((each) => textAt(each, 'url') === undefined && textAt(each, 'path') !== undefined);
  return local !== undefined && nodeAt(one, 'index') === undefined
    ? { kind: 'place', at: textAt(local, 'path') ?? '' }
    : textAt(one, 'version') === undefined
      ? { kind: 'unknown' }
      : { kind: 'index', registry: textAt(one, 'index') };
}

/** What a `uv.lock` installs, without groups and extras of its own projects. */
export function uvPackages(lock: TomlTable, names: MarkerNames): readonly LockedPackage[] {
  const packages = tablesAt(lock, 'package');
  const own = packages.filter((one) => ownPlace(one) !== undefined);
  const ownNames = new Set(own.map((one) => textAt(one, 'name')));
  const found = new Map<TomlTable, LockedPackage>();
  for (const one of own.filter((each) => /^(?:\.\.|[/\\~]|[a-z]:)/i.test(ownPlace(each) ?? ''))) {
    found.set(one, locked(one, { kind: 'place', at: ownPlace(one) ?? '' }));
  }
  const waiting = own.flatMap((one) => tablesAt(one, 'dependencies'));
  const seen = new Set<string>();
  for (let edge = waiting.pop(); edge !== undefined; edge = waiting.pop()) {
    const name = textAt(edge, 'name');
    const extras = textsAt(edge, 'extra').map(({ text }) => text);
    const key = [name, textAt(edge, 'version'), ...extras].join('\0');
    if (ownNames.has(name) || seen.has(key) || !holds(textAt(edge, 'marker'), names)) {
      continue;
    }
    seen.add(key);
    for (const one of packages) {
      const isMeant =
        textAt(one, 'name') === name && [undefined, textAt(one, 'version')].includes(textAt(edge, 'version'));
      const forks = textsAt(one, 'resolution-markers');
      if (isMeant && (forks.length === 0 || forks.some(({ text }) => holds(text, names)))) {
        found.set(one, locked(one, uvSource(one)));
        waiting.push(...tablesAt(one, 'dependencies'));
        waiting.push(...extras.flatMap((extra) => tablesAt(one, 'optional-dependencies', extra)));
      }
    }
  }
  return packages.flatMap((one) => found.get(one) ?? []);
}

function locked(one: TomlTable, source: LockSource): LockedPackage {
  return {
    name: canonicalName(textAt(one, 'name') ?? ''),
    version: textAt(one, 'version'),
    line: nodeAt(one, 'name')?.line ?? one.line,
    source,
  };
}

function ownPlace(one: TomlTable): string | undefined {
  return textAt(one, 'source', 'virtual') ?? textAt(one, 'source', 'editable');
}

function uvSource(one: TomlTable): LockSource {
  const [git, url] = [textAt(one, 'source', 'git'), textAt(one, 'source', 'url')];
  const place = textAt(one, 'source', 'path') ?? textAt(one, 'source', 'directory');
  const registry = textAt(one, 'source', 'registry');
  if (git !== undefined) {
    return { kind: 'git', at: git };
  }
  if (url !== undefined) {
    return { kind: 'url', at: url };
  }
  if (place !== undefined) {
    return { kind: 'place', at: place };
  }
  return textAt(one, 'version') === undefined
    ? { kind: 'unknown' }
    : registry !== undefined && !/^https?:/.test(registry)
      ? { kind: 'place', at: registry }
      : { kind: 'index', registry };
}
