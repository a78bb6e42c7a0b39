import * as vscode from 'vscode';
import { panelViewType } from '../contributions';
import { clusterKey, type ClusterRef } from '../core/cluster';
import { Emitter, type Disposable, type Event } from '../core/event';
import { isRecord, oneOf, shortText } from '../protocol/shape';
import { ClusterPanel } from './clusterPanel';
import { EditorActions } from './editorActions';
import { LayoutStore } from './layoutStore';
import { LogViewStore } from './logViewStore';
import type { PanelServices } from './panelPorts';
import { runSource } from './panelState';

export interface OpenPanelOptions {
  /** This run's output is shown in the log. */
  runId?: string;
  /** A log of the cluster that is shown: `scheduler`, `worker-0`. */
  logSource?: string;
  /** Leaves the focus in the editor; the default. */
  preserveFocus?: boolean;
}

/** All panels: one for each cluster. */
export class ClusterPanels implements Disposable {
  readonly #services: PanelServices;
  readonly #layouts: LayoutStore;
  readonly #views: LogViewStore;
  readonly #actions = new EditorActions();
  readonly #panels = new Map<string, ClusterPanel>();
  readonly #visibility = new Emitter<void>();
  /** A panel was shown, hidden or closed. */
  readonly onDidChangeVisibility: Event<void> = this.#visibility.event;

  constructor(services: PanelServices) {
    this.#services = services;
    this.#layouts = new LayoutStore(services.global);
    this.#views = new LogViewStore(services.workspace);
  }

  /** Brings a panel back after a reload of the window. `state` is what its webview has kept. */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    const ref = readRef(state);
    if (ref && !this.#panels.has(clusterKey(ref))) {
      this.#add(panel, ref, undefined);
    } else {
      panel.dispose();
    }
  }

  /** Opens the cluster's panel beside the editor, or brings it to the front where it is. */
  open(ref: ClusterRef, options: OpenPanelOptions = {}): void {
    const source = options.runId === undefined ? options.logSource : runSource(options.runId);
    const preserveFocus = options.preserveFocus ?? true;
    const existing = this.#panels.get(clusterKey(ref));
    if (existing) {
      existing.reveal(preserveFocus, source);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      panelViewType,
      ref.id,
      { viewColumn: this.#column(), preserveFocus },
      { enableScripts: true },
    );
    this.#add(panel, ref, source);
  }

  /** True while the cluster's panel can be seen. */
  isVisible(ref: ClusterRef): boolean {
    return this.#panels.get(clusterKey(ref))?.visible ?? false;
  }

  get anyVisible(): boolean {
    return [...this.#panels.values()].some((panel) => panel.visible);
  }

  dispose(): void {
    for (const panel of [...this.#panels.values()]) {
      panel.dispose();
    }
    this.#views.dispose();
    this.#visibility.dispose();
  }

  /** Panels gather in one column: with each run another one beside the last would leave no room. */
  #column(): vscode.ViewColumn {
    const other = [...this.#panels.values()].find((panel) => panel.visible) ?? this.#panels.values().next().value;
    return other?.viewColumn ?? vscode.ViewColumn.Beside;
  }

  #add(webviewPanel: vscode.WebviewPanel, ref: ClusterRef, source: string | undefined): void {
    const kept = { layouts: this.#layouts, views: this.#views };
    const panel = new ClusterPanel(webviewPanel, ref, this.#services, kept, this.#actions, source);
    this.#panels.set(clusterKey(ref), panel);
    panel.onDidChangeVisibility(() => this.#visibility.fire());
    webviewPanel.onDidDispose(() => {
      this.#panels.delete(clusterKey(ref));
      this.#visibility.fire();
    });
    this.#visibility.fire();
  }
}

/** What the webview keeps: which cluster it shows. */
function readRef(state: unknown): ClusterRef | undefined {
  if (!isRecord(state)) {
    return undefined;
  }
  const backend = oneOf(state['backend'], ['local', 'address', 'dataproc']);
  const id = shortText(state['id'], 63);
  return backend && id && /^[a-z0-9-]+$/.test(id) ? { backend, id } : undefined;
}
