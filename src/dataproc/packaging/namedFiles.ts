import { isLeftover } from './neverShipped';
import type { Literal } from './literals';
import type { NamedFile } from './packagePlan';
import type { Selection } from './selection';
import { joined, parentOf, type Workspace } from './workspace';

/** Folders that strings of one file name: more are not looked into. */
const mostFolders = 50;

/** A file that is shipped, and its strings. */
export interface ReadFile {
  path: string;
  literals: readonly Literal[];
}

/**
 * Files of the workspace that shipped code names in strings and that are not shipped themselves: beside the code,
 * beside the target, in the workspace's own folder, or in a folder or package that the same code names.
 *
 * @param folder of the target
 */
export async function namedFiles(
  workspace: Workspace,
  selection: Selection,
  read: readonly ReadFile[],
  folder: string,
): Promise<readonly NamedFile[]> {
  const found = new Map<string, NamedFile>();
  for (const { path: by, literals } of read) {
    const bases = [...new Set([parentOf(by), folder, ''])];
    const folders = new Set(bases);
    for (const { text } of literals) {
      const names = /^\w+(?:\.\w+)*$/.test(text) ? [text, text.replaceAll('.', '/')] : [text];
      for (const base of folders.size < mostFolders ? bases : []) {
        for (const name of names) {
          const inner = await entryAt(workspace, base, name, 'folder');
          folders.add(inner ?? base);
        }
      }
    }
    for (const { text, line } of literals.filter((literal) => /[./]/.test(literal.text))) {
      for (const base of folders) {
        const path = await entryAt(workspace, base, text, 'file');
        if (path !== undefined && !found.has(path) && !selection.has(path) && !isLeftover(path)) {
          const verdict = await workspace.judge(path, 'byName');
          const secret = verdict.kind === 'refused' && verdict.as === 'secret' ? { never: verdict.why } : {};
          if (verdict.kind === 'file' || 'never' in secret) {
            found.set(path, { path, by, line, ...secret });
          }
        }
      }
    }
  }
  return [...found.values()];
}

/** Step by step, as folders that are there are listed once, and others never. Undefined where it is not there. */
async function entryAt(
  workspace: Workspace,
  base: string,
  name: string,
  kind: 'file' | 'folder',
): Promise<string | undefined> {
  const parts = name.split('/');
  let at = base;
  for (const [index, part] of parts.entries()) {
    if (part === '..') {
      if (at === '') {
        return undefined;
      }
      at = parentOf(at);
      continue;
    }
    const isLast = index === parts.length - 1;
    const is =
      part !== '' &&
      part !== '.' &&
      (await (isLast && kind === 'file' ? workspace.isFile(at, part) : workspace.isFolder(at, part)));
    if (!is) {
      return undefined;
    }
    at = joined(at, part);
  }
  return at;
}
