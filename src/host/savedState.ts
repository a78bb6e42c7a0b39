import type { Memento, SecretStorage } from 'vscode';

import type { CodeReference } from '../core/run';
import type { ClusterFilter } from './clusterFilter';

/** Options of a run, as they were given last for a file. */
export interface RunOptions {
  profile: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
}

/** What to do about an interpreter without Dask. */
export type DaskChoice = 'managedEnvironment';

interface SavedValues {
  /** Which clusters the view lists. */
  clusterFilter: ClusterFilter;
  /** By path of the file, newest last. Environment variables may be secrets: they are kept as such. */
  runOptions: Readonly<Record<string, Omit<RunOptions, 'environment'>>>;
  /** By path of the interpreter. */
  daskChoices: Readonly<Record<string, DaskChoice>>;
  /** Interpreters without bokeh that were spoken of already. */
  plotsHinted: readonly string[];
  /** Offered when code of a git repository is run again. */
  lastCode: CodeReference & { run: string };
  /** Offered when attaching again. */
  lastAddress: string;
}

/** Everything that is saved: where it is kept, and what it is until then. */
const table: { readonly [K in keyof SavedValues]: { scope: 'global' | 'workspace'; initial: SavedValues[K] } } = {
  clusterFilter: { scope: 'workspace', initial: 'usual' },
  runOptions: { scope: 'workspace', initial: {} },
  daskChoices: { scope: 'global', initial: {} },
  plotsHinted: { scope: 'global', initial: [] },
  lastCode: { scope: 'workspace', initial: { repository: '', ref: '', run: '' } },
  lastAddress: { scope: 'global', initial: '' },
};

/** Files whose options are remembered. */
const rememberedFiles = 100;

type Store = Pick<Memento, 'get' | 'update'>;
type Secrets = Pick<SecretStorage, 'get' | 'store' | 'delete'>;

/** Saved state, through one typed table over VS Code's two stores, and its store of secrets. */
export class SavedState {
  constructor(
    private readonly stores: { readonly global: Store; readonly workspace: Store; readonly secrets: Secrets },
  ) {}

  get<K extends keyof SavedValues>(key: K): SavedValues[K] {
    return this.stores[table[key].scope].get<SavedValues[K]>(key) ?? table[key].initial;
  }

  async set<K extends keyof SavedValues>(key: K, value: SavedValues[K]): Promise<void> {
    await this.stores[table[key].scope].update(key, value);
  }

  async runOptions(file: string): Promise<RunOptions | undefined> {
    const saved = this.get('runOptions')[file];
    if (saved === undefined) {
      return undefined;
    }
    const secret = await this.stores.secrets.get(environmentKey(file));
    const environment = secret === undefined ? {} : (JSON.parse(secret) as RunOptions['environment']);
    return { profile: saved.profile, args: saved.args, environment };
  }

  async rememberRunOptions(file: string, { profile, args, environment }: RunOptions): Promise<void> {
    const others = Object.entries(this.get('runOptions')).filter(([path]) => path !== file);
    const kept = others.slice(1 - rememberedFiles);
    const forgotten = others.slice(0, others.length - kept.length).map(([path]) => path);
    await this.set('runOptions', Object.fromEntries([...kept, [file, { profile, args }]]));
    const { secrets } = this.stores;
    if (Object.keys(environment).length > 0) {
      await secrets.store(environmentKey(file), JSON.stringify(environment));
    } else {
      forgotten.push(file);
    }
    await Promise.all(forgotten.map((path) => secrets.delete(environmentKey(path))));
  }

  daskChoice(interpreter: string): DaskChoice | undefined {
    return this.get('daskChoices')[interpreter];
  }

  async rememberDaskChoice(interpreter: string, choice: DaskChoice): Promise<void> {
    await this.set('daskChoices', { ...this.get('daskChoices'), [interpreter]: choice });
  }
}

function environmentKey(file: string): string {
  return `environment:${file}`;
}
