import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parseTree,
  type Edit,
  type FormattingOptions,
  type Node,
} from 'jsonc-parser/lib/esm/main.js';

/** Characters of a settings file, from its beginning. */
export interface TextSpan {
  offset: number;
  length: number;
}

/**
 * Where a setting stands in a settings file: the value at `path` below it, or the nearest thing above
 * that is there. Undefined when the file does not have the setting.
 *
 * @param text settings.json, or a .code-workspace file, whose settings are under `settings`; comments,
 *   trailing commas and errors elsewhere in the file do no harm
 */
export function findSetting(
  text: string,
  setting: string,
  path: readonly (string | number)[] = [],
): TextSpan | undefined {
  return nearest(text, setting, path, 0);
}

export type FindSetting = typeof findSetting;

/**
 * Where a value stands inside a profile, or the nearest thing above it. Undefined when the file does not have the profile;
 * an empty name is the whole setting.
 *
 * @param text as for {@link findSetting}
 */
export function findInProfile(text: string, name: string, path: readonly (string | number)[]): TextSpan | undefined {
  const inner = name === '' ? [] : [name];
  return nearest(text, 'dask.profiles', [...inner, ...path], inner.length);
}

export type FindInProfile = typeof findInProfile;

/**
 * The edits that add a profile to those of a settings file, and touch nothing else. Undefined when the file has none.
 *
 * @param text as for {@link findSetting}
 */
export function insertProfile(text: string, name: string, value: unknown): readonly Edit[] | undefined {
  const path = profilesPath(text);
  return path && modify(text, [...path, name], value, { formattingOptions: formattingOf(text) });
}

export type InsertProfile = typeof insertProfile;

/**
 * The text with a value inside a profile set, and nothing else touched. Undefined when the file does not have the
 * profile.
 *
 * @param text as for {@link findSetting}
 */
export function setInProfile(text: string, name: string, path: readonly string[], value: unknown): string | undefined {
  const place = profilesPath(text, name);
  return (
    place && applyEdits(text, modify(text, [...place, name, ...path], value, { formattingOptions: formattingOf(text) }))
  );
}

export type SetInProfile = typeof setInProfile;

/** Where a file has its profiles, or one of that name, as an object; undefined where it has none. */
function profilesPath(text: string, name?: string): readonly string[] | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true, allowEmptyContent: true });
  return [['dask.profiles'], ['settings', 'dask.profiles']].find((one) => {
    const inner = name === undefined ? one : [...one, name];
    return root !== undefined && findNodeAtLocation(root, inner)?.type === 'object';
  });
}

function formattingOf(text: string): FormattingOptions {
  const tab = /^\t/m.test(text);
  const size = /^( +)"/m.exec(text)?.[1]?.length ?? 4;
  return { insertSpaces: !tab, tabSize: size, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}

/** The deepest thing on the path below a setting that is there, at least so many steps down. */
function nearest(
  text: string,
  setting: string,
  path: readonly (string | number)[],
  least: number,
): TextSpan | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true, allowEmptyContent: true });
  if (root === undefined) {
    return undefined;
  }
  const base = findNodeAtLocation(root, [setting]) === undefined ? ['settings', setting] : [setting];
  for (let length = path.length; length >= least; length--) {
    const node = findNodeAtLocation(root, [...base, ...path.slice(0, length)]);
    if (node !== undefined) {
      return span(node, length < path.length || node.type === 'object' || node.type === 'array');
    }
  }
  return undefined;
}

/** The name of a property where its value is long, or was not what was looked for. */
function span(node: Node, byName: boolean): TextSpan {
  const name = node.parent?.type === 'property' ? node.parent.children?.[0] : undefined;
  const shown = byName && name !== undefined ? name : node;
  return { offset: shown.offset, length: shown.length };
}
