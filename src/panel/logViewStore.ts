import { clusterKey, type ClusterRef } from '../core/cluster';
import type { Disposable } from '../core/event';
import { parseLogView, type LogView } from '../protocol/logView';
import { isRecord } from '../protocol/shape';
import type { PanelMemento } from './panelPorts';

const key = 'panel.logs';

/** Views of more clusters than these are forgotten, those seen longest ago first. */
const mostClusters = 50;

/** Each step of a scroll changes a view: they are written together. Milliseconds. */
const writePause = 300;

/**
 * How the log tiles of each cluster were left. VS Code keeps a webview's own state only now and then, and not
 * at all when its page goes at once; this is complete with every message.
 */
export class LogViewStore implements Disposable {
  readonly #state: PanelMemento;
  readonly #views: Map<string, Record<string, LogView>>;
  #writing: NodeJS.Timeout | undefined;

  constructor(state: PanelMemento) {
    this.#state = state;
    this.#views = read(state.get(key));
  }

  load(ref: ClusterRef): Readonly<Record<string, LogView>> {
    return this.#views.get(clusterKey(ref)) ?? {};
  }

  keep(ref: ClusterRef, tile: string, view: LogView): void {
    const views = { ...this.load(ref), [tile]: view };
    this.#views.delete(clusterKey(ref));
    this.#views.set(clusterKey(ref), views);
    const oldest = this.#views.keys().next();
    if (this.#views.size > mostClusters && oldest.value !== undefined) {
      this.#views.delete(oldest.value);
    }
    this.#writing ??= setTimeout(() => this.#write(), writePause);
  }

  /** Writes what has not been written. */
  dispose(): void {
    if (this.#writing) {
      this.#write();
    }
  }

  #write(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    void this.#state.update(key, Object.fromEntries(this.#views));
  }
}

function read(saved: unknown): Map<string, Record<string, LogView>> {
  const clusters = isRecord(saved) ? Object.entries(saved) : [];
  return new Map(
    clusters.map(([cluster, views]) => [
      cluster,
      Object.fromEntries(
        Object.entries(isRecord(views) ? views : {}).map(([tile, view]) => [tile, parseLogView(view)]),
      ),
    ]),
  );
}
