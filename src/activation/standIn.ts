import * as vscode from 'vscode';

import type { ContextKey, SettingId } from '../contributions';
import type { Disposable } from '../core/event';
import { asRecord } from '../core/jsonValue';
import { Traces } from './traces';

const profiles: SettingId = 'dask.profiles';

/**
 * Stands in for the services until something needs them. It has them loaded for what nobody asks for: a run that is not
 * over, of whichever window, and profiles, which are checked. Until then it keeps the context keys that the palette
 * goes by.
 */
export class StandIn implements vscode.Disposable {
  readonly #traces: Traces;
  readonly #subscriptions: Disposable[] = [];
  #focused = vscode.window.state.focused;
  #looking: Promise<void> | undefined;
  #again = false;
  #over = false;

  /** @param storage the extension's global storage folder */
  constructor(
    storage: string,
    private readonly load: () => unknown,
  ) {
    this.#traces = new Traces(storage);
    // After activation: whoever waits for that does not wait for this.
    const soon = setImmediate(() => void this.#begin());
    this.#subscriptions.push({ dispose: () => clearImmediate(soon) });
  }

  /** From here on the services do all this. */
  dispose(): void {
    this.#over = true;
    this.#subscriptions.splice(0).forEach((subscription) => subscription.dispose());
  }

  async #begin(): Promise<void> {
    if (this.#loadForProfiles()) {
      return;
    }
    this.#subscriptions.push(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(profiles)) {
          this.#loadForProfiles();
        }
      }),
      vscode.window.onDidChangeWindowState(({ focused }) => this.#focusChanged(focused)),
    );
    try {
      const watching = await this.#traces.watch(() => this.#look());
      if (this.#over) {
        watching.dispose();
      } else {
        this.#subscriptions.push(watching);
      }
    } catch {
      // Where nothing can be written nothing runs either; whoever wants to run something is told.
    }
    this.#look();
  }

  /** True where there are any, in whichever folder. Whether they are right is the services' to say. */
  #loadForProfiles(): boolean {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const any = [null, ...folders.map(({ uri }) => uri)].some((resource) => {
      const value = vscode.workspace.getConfiguration(undefined, resource).get<unknown>(profiles);
      const record = asRecord(value);
      return record === undefined ? value !== undefined && value !== null : Object.keys(record).length > 0;
    });
    if (any && !this.#over) {
      this.load();
    }
    return any;
  }

  /** Another window may have made the first cluster, or another machine have begun a run, of which no watcher tells. */
  #focusChanged(focused: boolean): void {
    const came = focused && !this.#focused;
    this.#focused = focused;
    if (came) {
      this.#look();
    }
  }

  /** One look at a time; a change during one is looked at after it. */
  #look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = this.#lookNow()
      // What cannot be read is told by the services, to whoever asks them.
      .catch(() => undefined)
      .finally(() => {
        this.#looking = undefined;
        if (this.#again) {
          this.#again = false;
          this.#look();
        }
      });
  }

  async #lookNow(): Promise<void> {
    if (!this.#over && (await this.#traces.hasOpenRun()) && !this.#isOver()) {
      this.load();
    }
    await this.#set('dask.hasRuns', () => this.#traces.hasRun());
    await this.#set('dask.hasClusters', () => this.#traces.mayHaveCluster());
  }

  async #set(key: ContextKey, value: () => Promise<boolean>): Promise<void> {
    if (!this.#over) {
      const found = await value();
      if (!this.#isOver()) {
        void vscode.commands.executeCommand('setContext', key, found);
      }
    }
  }

  /** A call, because it changes while something is awaited. */
  #isOver(): boolean {
    return this.#over;
  }
}
