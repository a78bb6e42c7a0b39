import * as vscode from 'vscode';
import { panelViewType } from '../contributions';
import { clusterKey, type ClusterRef } from '../core/cluster';
import { Emitter, type Disposable, type Event } from '../core/event';
import { isRecord, oneOf, shortText } from '../protocol/shape';
import { ClusterPanel, type PanelStart } from './clusterPanel';
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

/** A panel in view whose page has not begun by then shows nothing of what has happened. Milliseconds. */
const pagePatience = 10_000;

/** All panels: one for each cluster. */
export class ClusterPanels implements Disposable {
  readonly #services: PanelServices;
  readonly #layouts: LayoutStore;
  readonly #views: LogViewStore;
  readonly #actions = new EditorActions();
  readonly #panels = new Map<string, ClusterPanel>();
  readonly #visibility = new Emitter<void>();
  /** A panel was shown, hidden or closed, or its page has begun. */
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
      this.#add(panel, ref);
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
    const panel = this.#create(ref, { viewColumn: this.#column(), preserveFocus });
    const added = this.#add(panel, ref, source === undefined ? {} : { source });
    this.#closeEarlier(added);
  }

  /** Whether the cluster's panel can be seen, with something in it: one that is in view is given time for its page. */
  async isSeen(ref: ClusterRef): Promise<boolean> {
    const panel = (): ClusterPanel | undefined => this.#panels.get(clusterKey(ref));
    const deadline = Date.now() + pagePatience;
    while (panel()?.visible === true && panel()?.filled === false && Date.now() < deadline) {
      await this.#nextVisibility(deadline - Date.now());
    }
    return panel()?.filled ?? false;
  }

  /** Resolves at the next change, and after so many milliseconds. */
  #nextVisibility(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        changes.dispose();
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      const changes = this.#visibility.event(done);
    });
  }

  dispose(): void {
    for (const panel of [...this.#panels.values()]) {
      panel.dispose();
    }
    this.#views.dispose();
    this.#visibility.dispose();
  }

  /**
   * Panels gather in one column: with each run another one beside the last would leave no room. Never in that of the file
   * that is in front, which would be hidden.
   */
  #column(): vscode.ViewColumn {
    const file = vscode.window.activeTextEditor?.viewColumn;
    const all = [...this.#panels.values()].sort((one, other) => Number(other.visible) - Number(one.visible));
    const panels = all.map(({ viewColumn }) => viewColumn).find((column) => column !== undefined && column !== file);
    const { all: groups, activeTabGroup } = vscode.window.tabGroups;
    const beside = groups.filter(({ viewColumn }) => viewColumn !== activeTabGroup.viewColumn);
    return panels ?? beside.at(-1)?.viewColumn ?? vscode.ViewColumn.Beside;
  }

  #create(ref: ClusterRef, where: { viewColumn: vscode.ViewColumn; preserveFocus: boolean }): vscode.WebviewPanel {
    return vscode.window.createWebviewPanel(panelViewType, ref.id, where, { enableScripts: true });
  }

  #add(webviewPanel: vscode.WebviewPanel, ref: ClusterRef, start: PanelStart = {}): ClusterPanel {
    const kept = { layouts: this.#layouts, views: this.#views };
    const panel = new ClusterPanel(webviewPanel, ref, this.#services, kept, this.#actions, start);
    this.#panels.set(clusterKey(ref), panel);
    panel.onDidChangeVisibility(() => this.#visibility.fire());
    panel.onDidStall((again) => {
      const { viewColumn = vscode.ViewColumn.Beside, active } = webviewPanel;
      this.#add(this.#create(ref, { viewColumn, preserveFocus: !active }), ref, again);
      // Last: a column that is empty for a moment is closed.
      panel.dispose();
    });
    webviewPanel.onDidDispose(() => {
      if (this.#panels.get(clusterKey(ref)) === panel) {
        this.#panels.delete(clusterKey(ref));
      }
      this.#visibility.fire();
    });
    this.#visibility.fire();
    return panel;
  }

  /**
   * A file that is run again and again has one tab, not one for each run: those of runs that are over go, unless they were
   * pinned or moved elsewhere. Their logs are in the list of runs.
   */
  #closeEarlier(added: ClusterPanel): void {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const pinned = tabs.some(({ isPinned, label }) => isPinned && label === added.title);
    for (const panel of pinned ? [] : [...this.#panels.values()]) {
      const same = panel !== added && panel.subject === added.subject && panel.viewColumn === added.viewColumn;
      if (same && panel.over) {
        panel.dispose();
      }
    }
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
