import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { namesIn } from './supervisorFiles';

export interface ChildFoldersOptions {
  /** Names of the files in a child folder whose change matters. */
  files: readonly string[];
  /** True when a child will not change any more: it is not watched then. */
  isOver: (folder: string) => Promise<boolean>;
  onChange: () => void;
}

/** Watches a folder for children that come and go, and in those that are not over, some files. No timers. */
export class ChildFolders {
  readonly #root: string;
  readonly #options: ChildFoldersOptions;
  readonly #children = new Map<string, FSWatcher | undefined>();
  readonly #watcher: FSWatcher | undefined;
  #scanning = false;
  #again = false;
  #disposed = false;

  constructor(root: string, options: ChildFoldersOptions) {
    this.#root = root;
    this.#options = options;
    try {
      mkdirSync(root, { recursive: true, mode: 0o700 });
      this.#watcher = watch(root, () => this.#rescan());
      this.#watcher.on('error', () => undefined);
    } catch {
      // No watches left, or no folder: changes are found at the next refresh.
      this.#watcher = undefined;
    }
    void this.#scan(false);
  }

  /** Folders that are watched now: those that are not over. */
  get live(): readonly string[] {
    return [...this.#children].filter(([, watcher]) => watcher !== undefined).map(([name]) => join(this.#root, name));
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher?.close();
    this.#children.forEach((watcher) => watcher?.close());
    this.#children.clear();
  }

  #rescan(): void {
    void this.#scan(true);
  }

  async #scan(tell: boolean): Promise<void> {
    if (this.#scanning) {
      this.#again = true;
      return;
    }
    this.#scanning = true;
    try {
      const names = new Set(await namesIn(this.#root).catch(() => []));
      for (const name of [...this.#children.keys()].filter((known) => !names.has(known))) {
        this.#children.get(name)?.close();
        this.#children.delete(name);
      }
      for (const name of [...names].filter((found) => !this.#children.has(found))) {
        await this.#add(name);
      }
    } finally {
      this.#scanning = false;
    }
    if (tell && !this.#disposed) {
      this.#options.onChange();
    }
    if (this.#again) {
      this.#again = false;
      await this.#scan(true);
    }
  }

  async #add(name: string): Promise<void> {
    const folder = join(this.#root, name);
    const over = await this.#options.isOver(folder).catch(() => true);
    if (this.#disposed || this.#children.has(name)) {
      return;
    }
    this.#children.set(name, over ? undefined : this.#watchChild(name, folder));
  }

  #watchChild(name: string, folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, (_event, file) => {
        if (file === null || this.#options.files.includes(file)) {
          this.#options.onChange();
          void this.#dropIfOver(name, folder);
        }
      });
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }

  async #dropIfOver(name: string, folder: string): Promise<void> {
    if ((await this.#options.isOver(folder).catch(() => true)) && this.#children.has(name)) {
      this.#children.get(name)?.close();
      this.#children.set(name, undefined);
    }
  }
}
