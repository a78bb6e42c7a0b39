import { clusterKey, type ClusterRef } from '../core/cluster';
import { defaultLayout, parseLayout, type Layout } from '../protocol/layout';
import { isRecord } from '../protocol/shape';
import type { PanelMemento } from './panelPorts';

const key = 'panel.layouts';

/** Clusters come and go: layouts of more than these are forgotten, the oldest first. */
const mostClusters = 50;

/** Where layouts are kept: one for each cluster, and the last one for clusters to come. */
export class LayoutStore {
  readonly #state: PanelMemento;

  constructor(state: PanelMemento) {
    this.#state = state;
  }

  load(ref: ClusterRef): Layout {
    const saved = this.#read();
    return parseLayout(saved.clusters[clusterKey(ref)]) ?? parseLayout(saved.last) ?? defaultLayout;
  }

  async save(ref: ClusterRef, layout: Layout): Promise<void> {
    const { clusters } = this.#read();
    const others = Object.entries(clusters).filter(([id]) => id !== clusterKey(ref));
    const kept = [...others, [clusterKey(ref), layout] as const].slice(-mostClusters);
    await this.#state.update(key, { last: layout, clusters: Object.fromEntries(kept) });
  }

  #read(): { last: unknown; clusters: Record<string, unknown> } {
    const saved = this.#state.get(key);
    const clusters = isRecord(saved) && isRecord(saved['clusters']) ? saved['clusters'] : {};
    return { last: isRecord(saved) ? saved['last'] : undefined, clusters };
  }
}
