import * as vscode from 'vscode';

import type { ContextKey, ContextValues } from '../contributions';
import { terminalRunStates } from '../core/run';
import type { ClusterModel } from '../run/clusterModel';
import type { RunService } from '../run/runService';
import type { ClusterFilterState } from './clusterFilter';
import type { Settings } from './settings';

/** Keeps the context keys of `when` clauses that tell of runs, clusters and settings. */
export class ContextKeys implements vscode.Disposable {
  readonly #set = new Map<ContextKey, unknown>();
  #focused = vscode.window.state.focused;
  readonly #subscriptions: readonly { dispose(): unknown }[];

  constructor(
    private readonly runs: Pick<RunService, 'runs' | 'onDidChange'>,
    private readonly clusters: Pick<ClusterModel, 'entries' | 'onDidChange'>,
    private readonly lookForClusters: () => void,
    private readonly settings: Pick<Settings, 'dataprocProfiles' | 'onDidChange'>,
    private readonly filter: Pick<ClusterFilterState, 'value' | 'onDidChange'>,
  ) {
    this.#subscriptions = [
      runs.onDidChange(({ record }) => {
        this.updateRuns();
        // It may have left a warm cluster behind.
        if (record.released) {
          this.lookForClusters();
        }
      }),
      vscode.window.onDidChangeWindowState(({ focused }) => this.#focusChanged(focused)),
      clusters.onDidChange(() => this.#updateClusters()),
      settings.onDidChange(() => this.#updateClusterView()),
      filter.onDidChange(() => this.#updateClusterView()),
    ];
    this.#updateClusterView();
  }

  updateRuns(): void {
    const runs = this.runs.runs();
    this.#update(
      'dask.runActive',
      runs.some((run) => !terminalRunStates.includes(run.state)),
    );
    this.#update('dask.hasRuns', runs.length > 0);
    this.#updateClusters();
  }

  dispose(): void {
    this.#subscriptions.forEach((subscription) => subscription.dispose());
  }

  /** Another window may have made the first cluster. VS Code also tells when nobody has typed for a minute. */
  #focusChanged(focused: boolean): void {
    const came = focused && !this.#focused;
    this.#focused = focused;
    if (came && this.#set.get('dask.hasClusters') !== true) {
      this.lookForClusters();
    }
  }

  /** Nobody may be watching the clusters: those of this window's runs are known all the same. */
  #updateClusters(): void {
    const listed = this.clusters.entries().some(({ cluster }) => cluster.state !== 'closed');
    const held = this.runs.runs().some(({ record }) => record.cluster !== undefined && !record.released);
    this.#update('dask.hasClusters', listed || held);
  }

  #updateClusterView(): void {
    this.#update('dask.usesGoogle', this.settings.dataprocProfiles().length > 0);
    this.#update('dask.clustersFiltered', this.filter.value !== 'usual');
  }

  #update<K extends ContextKey>(key: K, value: ContextValues[K]): void {
    if (this.#set.get(key) !== value) {
      this.#set.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
