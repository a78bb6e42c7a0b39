import { findModule, type FoundModule } from './moduleFinder';
import { readPythonModule, type PythonImport } from './pythonImports';
import { decodePython } from './pythonSource';
import type { ReadFile } from './namedFiles';
import type { FileReason, HiddenImport } from './packagePlan';
import type { Selection } from './selection';
import { joined, parentOf, type Workspace } from './workspace';

/** The folders of each package around a module, from the outermost to its own. */
type Packages = readonly (readonly string[])[];

/**
 * Takes in what Python files import of the workspace, and what that imports. A module that is imported is shipped
 * also when git ignores it, as it is needed; only `.daskignore` keeps it out.
 */
export class ImportedFiles {
  /** Files that were looked into. */
  readonly read: ReadFile[] = [];
  readonly hidden: HiddenImport[] = [];
  private readonly queue: { path: string; packages: Packages }[] = [];
  private readonly seen = new Set<string>();
  private readonly modules = new Map<string, Promise<FoundModule | undefined>>();

  /** @param roots folders of absolute imports, in Python's order */
  constructor(
    private readonly workspace: Workspace,
    private readonly selection: Selection,
    private readonly roots: readonly string[],
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Takes in a file that is in no package. */
  async addFile(path: string, reason: FileReason): Promise<void> {
    await this.take(path, [], reason);
    await this.follow();
  }

  /** Takes in a module by its name. Gives its file, also where that is refused; undefined where there is none. */
  async addModule(module: string, reason: FileReason): Promise<string | undefined> {
    const { complete, module: found } = await this.walk(module.split('.'), [], reason);
    await this.follow();
    return complete ? (found?.file ?? found?.compiled) : undefined;
  }

  private async follow(): Promise<void> {
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      this.signal?.throwIfAborted();
      await this.readFile(next.path, next.packages);
    }
  }

  private async readFile(path: string, packages: Packages): Promise<void> {
    const bytes = await this.selection.read(path);
    if (!bytes) {
      return;
    }
    const { imports, unseen, literals } = readPythonModule(decodePython(bytes));
    this.read.push({ path, literals });
    for (const item of imports) {
      await this.import(path, packages, item);
    }
    for (const { line, call, within } of unseen) {
      const folder = await this.folderOf(within);
      this.hidden.push({ by: path, line, call, ...(folder === undefined ? {} : { folder }) });
    }
  }

  /** Of a package of the workspace. */
  private async folderOf(module: readonly string[]): Promise<string | undefined> {
    for (const root of module.length === 0 ? [] : this.roots) {
      const folder = module.reduce(joined, root);
      if (await this.workspace.isFolder(parentOf(folder), module.at(-1) ?? '')) {
        return folder;
      }
    }
    return undefined;
  }

  private async import(by: string, packages: Packages, item: PythonImport): Promise<void> {
    const base = item.level === 0 ? [] : around(by, packages, item.level);
    if (base === undefined) {
      return;
    }
    const dots = '.'.repeat(item.level);
    const reason = (module: readonly string[]): FileReason => ({
      kind: 'import',
      by,
      line: item.line,
      module: dots + module.join('.'),
    });
    const found = await this.walk(item.module, base, reason(item.module));
    if (!found.complete) {
      return;
    }
    const names = item.names.includes('*') ? await this.listed(found.module) : item.names;
    for (const name of names) {
      if (found.packages.length > 0) {
        await this.walk([name], found.packages, reason([...item.module, name]));
      }
    }
  }

  /** Takes in each module on the way of a dotted name. */
  private async walk(
    parts: readonly string[],
    base: Packages,
    reason: FileReason,
  ): Promise<{ complete: boolean; module: FoundModule | undefined; packages: Packages }> {
    let packages = base;
    let module: FoundModule | undefined;
    for (const [index, part] of parts.entries()) {
      module = await this.find(packages.at(-1) ?? this.roots, part);
      if (!module) {
        return { complete: false, module, packages };
      }
      packages = module.folders.length > 0 ? [...packages, module.folders] : packages;
      if (module.file !== undefined) {
        await this.take(module.file, packages, reason);
      } else if (module.compiled !== undefined) {
        this.selection.refuse(
          module.compiled,
          'compiled',
          'is compiled for this machine: it belongs into the environment',
          reason.kind === 'import' ? reason.by : undefined,
        );
      }
      if (module.folders.length === 0) {
        // A plain module has nothing below it.
        return { complete: index === parts.length - 1, module, packages: [] };
      }
    }
    return { complete: true, module, packages };
  }

  private find(folders: readonly string[], name: string): Promise<FoundModule | undefined> {
    const key = [name, ...folders].join('\0');
    let module = this.modules.get(key);
    if (!module) {
      module = findModule(this.workspace, folders, name);
      this.modules.set(key, module);
    }
    return module;
  }

  private async take(path: string, packages: Packages, reason: FileReason): Promise<void> {
    if (this.seen.has(path)) {
      return;
    }
    this.seen.add(path);
    if ((await this.selection.add(path, 'byName', reason)) === 'file') {
      this.queue.push({ path, packages });
    }
  }

  /** What `from package import *` takes that may be a module. */
  private async listed(module: FoundModule | undefined): Promise<readonly string[]> {
    if (module?.file === undefined || !this.selection.has(module.file)) {
      return [];
    }
    const content = await this.workspace.read(module.file);
    return 'bytes' in content ? readPythonModule(decodePython(content.bytes)).all : [];
  }
}

/** The packages that leading dots mean. A script is in no package: there, its own folder is taken for one. */
function around(path: string, packages: Packages, level: number): Packages | undefined {
  if (packages.length >= level) {
    return packages.slice(0, packages.length - level + 1);
  }
  let folder = parentOf(path);
  for (let up = 1; up < level; up += 1) {
    if (folder === '') {
      return undefined;
    }
    folder = parentOf(folder);
  }
  return [[folder]];
}
