import { joined, type Workspace } from './workspace';

export interface FoundModule {
  /** The module's file, or a package's `__init__.py`; none for a namespace package. */
  file?: string;
  /** An extension module, which nothing can be imported from in an archive. */
  compiled?: string;
  /** Where a package's modules are: several folders for a namespace package; empty for a plain module. */
  folders: readonly string[];
}

const compiledSuffix = /^\.(?:[\w-]+\.)*(?:so|pyd)$/;

/**
 * Finds a module as Python does, in the first folder that has it; a folder without `__init__.py` is a namespace
 * package only where no other folder has a module of that name (PEP 420).
 */
export async function findModule(
  workspace: Workspace,
  folders: readonly string[],
  name: string,
): Promise<FoundModule | undefined> {
  const portions: string[] = [];
  for (const folder of folders) {
    const inner = joined(folder, name);
    const isFolder = await workspace.isFolder(folder, name);
    if (isFolder && (await workspace.isFile(inner, '__init__.py'))) {
      return { file: joined(inner, '__init__.py'), folders: [inner] };
    }
    // Asked by its listing, so that the case of letters counts everywhere.
    if (await workspace.isFile(folder, `${name}.py`)) {
      return { file: joined(folder, `${name}.py`), folders: [] };
    }
    for (const entry of (await workspace.list(folder)).keys()) {
      if (entry.startsWith(name) && compiledSuffix.test(entry.slice(name.length))) {
        return { compiled: joined(folder, entry), folders: [] };
      }
    }
    if (isFolder) {
      portions.push(inner);
    }
  }
  return portions.length > 0 ? { folders: portions } : undefined;
}
