import type { Problem } from './findings';
import { wrongRequirement, type Machines } from './requirementLines';
import { canonicalName, parseRequirement } from './requirement';
import { nodeAt, tableAt, textsAt, type TomlTable } from './toml';

const exportLock =
  'Export a lock file (by uv lock, pip lock or poetry export) and name that in "packages.requirements" instead.';

/** What machines cannot do of a `pyproject.toml`: they install what `[project]` lists in `dependencies`. */
export function projectProblems(project: TomlTable, file: string, machines: Machines): readonly Problem[] {
  const unreadable = unreadableAt(project);
  if (unreadable !== undefined) {
    return [{ file, ...unreadable, next: exportLock }];
  }
  const sources = tableAt(project, 'tool', 'uv', 'sources');
  return textsAt(project, 'project', 'dependencies').flatMap(({ text, line }): readonly Problem[] => {
    const wrong = wrongRequirement(text, machines);
    if (wrong !== undefined) {
      return [{ file, line, ...wrong }];
    }
    const name = parseRequirement(text)?.name;
    const source = [...(sources?.entries ?? [])].find(([key]) => canonicalName(key) === name)?.[1];
    return source === undefined
      ? []
      : [
          {
            ...{ file, line: source.line },
            why: `[tool.uv.sources] has a place of its own for ${name ?? text}, and pip would take another package of that name from an index.`,
            next: exportLock,
          },
        ];
  });
}

/** Where dependencies are that only other tools can read. */
function unreadableAt(project: TomlTable): { line: number; why: string } | undefined {
  if (nodeAt(project, 'project', 'dependencies') !== undefined) {
    return undefined;
  }
  const dynamic = textsAt(project, 'project', 'dynamic').find(({ text }) => text === 'dependencies');
  const places: readonly [what: string, line: number | undefined][] = [
    ['they are dynamic', dynamic?.line],
    ['they are written for Poetry', nodeAt(project, 'tool', 'poetry', 'dependencies')?.line],
    ['they are in groups', nodeAt(project, 'dependency-groups')?.line],
    ['they are in extras', nodeAt(project, 'project', 'optional-dependencies')?.line],
    ['it has no [project]', nodeAt(project, 'project') === undefined ? 1 : undefined],
  ];
  const [what, line] = places.find(([, at]) => at !== undefined) ?? [];
  return line === undefined ? undefined : { line, why: `it declares no dependencies that can be read: ${what ?? ''}.` };
}
