import { Emitter, type Disposable } from '../core/event';
import type { SavedState } from './savedState';

/** Which clusters the view lists. `usual`: those of ours, and those of others that run. */
export type ClusterFilter = 'usual' | 'mine' | 'running' | 'all';

/** In the order in which they are offered. */
export const clusterFilters: Readonly<Record<ClusterFilter, { label: string; description: string }>> = {
  usual: { label: 'Mine and Running', description: 'Yours, and those of others that run' },
  mine: { label: 'Mine', description: 'Made from here, or attached' },
  running: { label: 'Running', description: 'Whoever made them' },
  all: { label: 'All', description: 'Those of others that are stopped or have failed, too' },
};

/** The filter of this workspace. */
export class ClusterFilterState implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(private readonly state: Pick<SavedState, 'get' | 'set'>) {}

  get value(): ClusterFilter {
    const saved = this.state.get('clusterFilter');
    return Object.hasOwn(clusterFilters, saved) ? saved : 'usual';
  }

  async set(value: ClusterFilter): Promise<void> {
    await this.state.set('clusterFilter', value);
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }
}
