import type { Memento } from 'vscode';

/** Options of a run, as they were given last for a file. */
export interface RunOptions {
  profile: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
}

/** What to do about an interpreter without Dask. */
export type DaskChoice = 'managedEnvironment';

interface SavedValues {
  /** By path of the file, newest last. */
  runOptions: Readonly<Record<string, RunOptions>>;
  /** By path of the interpreter. */
  daskChoices: Readonly<Record<string, DaskChoice>>;
  /** Interpreters without bokeh that were spoken of already. */
  plotsHinted: readonly string[];
  /** Offered when attaching again. */
  lastAddress: string;
}

/** Everything that is saved: where it is kept, and what it is until then. */
const table: { readonly [K in keyof SavedValues]: { scope: 'global' | 'workspace'; initial: SavedValues[K] } } = {
  runOptions: { scope: 'workspace', initial: {} },
  daskChoices: { scope: 'global', initial: {} },
  plotsHinted: { scope: 'global', initial: [] },
  lastAddress: { scope: 'global', initial: '' },
};

/** Files whose options are remembered. */
const rememberedFiles = 100;

type Store = Pick<Memento, 'get' | 'update'>;

/** Saved state, through one typed table over VS Code's two stores. */
export class SavedState {
  constructor(private readonly stores: { readonly global: Store; readonly workspace: Store }) {}

  get<K extends keyof SavedValues>(key: K): SavedValues[K] {
    return this.stores[table[key].scope].get<SavedValues[K]>(key) ?? table[key].initial;
  }

  async set<K extends keyof SavedValues>(key: K, value: SavedValues[K]): Promise<void> {
    await this.stores[table[key].scope].update(key, value);
  }

  runOptions(file: string): RunOptions | undefined {
    return this.get('runOptions')[file];
  }

  async rememberRunOptions(file: string, options: RunOptions): Promise<void> {
    const others = Object.entries(this.get('runOptions')).filter(([path]) => path !== file);
    await this.set('runOptions', Object.fromEntries([...others.slice(1 - rememberedFiles), [file, options]]));
  }

  daskChoice(interpreter: string): DaskChoice | undefined {
    return this.get('daskChoices')[interpreter];
  }

  async rememberDaskChoice(interpreter: string, choice: DaskChoice): Promise<void> {
    await this.set('daskChoices', { ...this.get('daskChoices'), [interpreter]: choice });
  }
}
