import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ClusterRef } from '../core/cluster';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { RunRecord } from '../core/run';
import type { ToHost, ToWebview } from '../protocol/messages';
import type { PanelState } from '../protocol/panelState';
import { parseToHost } from '../protocol/parseToHost';
import { DashboardFrames } from './dashboardFrames';
import type { EditorActions } from './editorActions';
import type { LayoutStore } from './layoutStore';
import { LogTiles } from './log/logTiles';
import type { LogViewStore } from './logViewStore';
import { ModelWatch } from './modelWatch';
import { PanelLogs } from './panelLogs';
import { PageWatch } from './pageWatch';
import { PanelPage } from './panelPage';
import type { PanelServices } from './panelPorts';
import { PanelRequests } from './panelRequests';
import { describePanel, isRunSource, locateSource } from './panelState';

/** Workers come and go: how often their logs are looked for, while something changes. Milliseconds. */
const logsPause = 2_000;

/** Logs of a scheduler elsewhere are copied here by a process for each look. Milliseconds. */
const fetchPause = 30_000;

/** The first page waits so long for the address of dashboards: it would have to be loaded twice. Milliseconds. */
const firstPageWait = 2_000;

/** What a panel is opened with. */
export interface PanelStart {
  /** The log that is shown first. */
  source?: string;
  /** How many webviews were given up before, as no page began in them. */
  attempt?: number;
}

/** How panels are left: what they come back with. */
export interface KeptPanels {
  layouts: LayoutStore;
  views: LogViewStore;
}

/** One cluster's panel. While it is hidden it listens to nothing and reads nothing. */
export class ClusterPanel implements Disposable {
  readonly ref: ClusterRef;
  readonly #panel: vscode.WebviewPanel;
  readonly #services: PanelServices;
  readonly #kept: KeptPanels;
  readonly #watch: ModelWatch;
  readonly #page: PanelPage;
  readonly #pageWatch: PageWatch;
  readonly #frames: DashboardFrames;
  readonly #requests: PanelRequests;
  readonly #logTiles: LogTiles;
  readonly #logs: PanelLogs;
  readonly #visibility = new Emitter<void>();
  /** It was shown or hidden, or its page has begun. */
  readonly onDidChangeVisibility: Event<void> = this.#visibility.event;
  readonly #stalled = new Emitter<PanelStart>();
  /** Its webview stays blank: it needs another one, with what is told. */
  readonly onDidStall: Event<PanelStart> = this.#stalled.event;
  readonly #disposables: Disposable[] = [];
  readonly #ended = new AbortController();
  #source: string | undefined;
  #ready = false;

  constructor(
    panel: vscode.WebviewPanel,
    ref: ClusterRef,
    services: PanelServices,
    kept: KeptPanels,
    actions: EditorActions,
    { source, attempt = 0 }: PanelStart,
  ) {
    this.#panel = panel;
    this.ref = ref;
    this.#services = services;
    this.#kept = kept;
    this.#source = source;
    this.#watch = new ModelWatch(services.model.onDidChange, () => this.#refresh());
    this.#page = new PanelPage(panel.webview, services.extensionUri);
    this.#pageWatch = new PageWatch(attempt, () => this.#stall(attempt + 1));
    this.#frames = new DashboardFrames({
      ref,
      backends: services.backends,
      dashboards: services.dashboards,
      schedulerClient: services.schedulerClient,
      external: async (port) => {
        const uri = await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${port}/`));
        return {
          origin: `${uri.scheme}://${uri.authority}`,
          authority: uri.authority,
          path: uri.path.replace(/\/$/, ''),
        };
      },
      log: services.log,
    });
    this.#requests = new PanelRequests(services.actions, actions, this.#frames, (id) =>
      this.#runs.find((run) => run.id === id),
    );
    const worker = vscode.Uri.joinPath(services.extensionUri, 'dist', 'searchWorker.js').fsPath;
    this.#logTiles = new LogTiles(
      (message) => this.#post(message),
      (id) => this.#locate(id),
      actions,
      worker,
    );
    const fetched = ref.backend !== 'local';
    this.#logs = new PanelLogs({
      find: (signal) => services.backends.logs(ref, signal),
      fetched,
      reading: () => !this.#unreachable && this.#logTiles.sources.some((id) => !isRunSource(id)),
      pause: fetched ? fetchPause : logsPause,
      log: services.log,
    });
    panel.iconPath = new vscode.ThemeIcon('server-process');
    this.#disposables.push(
      this.#frames.onDidChange(() => this.#watch.changed()),
      this.#logs.onDidChange(() => this.#watch.changed()),
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      panel.onDidChangeViewState(() => this.#viewStateChanged()),
      panel.onDidDispose(() => this.dispose()),
    );
    if (panel.visible) {
      this.#watch.start();
    }
    this.#refresh();
    void Promise.race([this.#frames.prepare(), delay(firstPageWait, undefined, { ref: false })]).then(() => {
      if (!this.#ended.signal.aborted) {
        this.#showPage();
      }
    });
  }

  get visible(): boolean {
    return this.#panel.visible;
  }

  /** True while what it shows can be seen, which it cannot before its page has begun. */
  get filled(): boolean {
    return this.#panel.visible && this.#ready;
  }

  get title(): string {
    return this.#panel.title;
  }

  /** What it is about, whichever cluster that is on: the same for all runs of one file with one profile. */
  get subject(): string {
    const [run] = this.#runs;
    return JSON.stringify([this.title, run?.request.target, run?.request.origin?.repository]);
  }

  /** True when neither its cluster nor a run of it goes on. */
  get over(): boolean {
    return this.#state().dashboard.kind === 'ended';
  }

  get viewColumn(): vscode.ViewColumn | undefined {
    return this.#panel.viewColumn;
  }

  reveal(preserveFocus: boolean, source: string | undefined): void {
    this.#panel.reveal(undefined, preserveFocus);
    if (source !== undefined) {
      this.#source = source;
      if (this.#ready) {
        this.#refresh();
        this.#post({ type: 'source', source });
      }
    }
  }

  dispose(): void {
    if (this.#ended.signal.aborted) {
      return;
    }
    this.#ended.abort();
    this.#watch.dispose();
    this.#logTiles.dispose();
    this.#logs.dispose();
    this.#pageWatch.dispose();
    this.#stalled.dispose();
    this.#frames.dispose();
    this.#disposables.forEach((one) => one.dispose());
    this.#visibility.fire();
    this.#visibility.dispose();
    this.#panel.dispose();
  }

  #viewStateChanged(): void {
    if (this.#panel.visible === this.#watch.listening) {
      return;
    }
    if (this.#panel.visible) {
      this.#watch.start();
      this.#refresh();
      if (this.#page.shown && !this.#ready) {
        this.#pageWatch.loading();
      }
    } else {
      this.#watch.stop();
      this.#logs.stop();
      this.#pageWatch.stop();
      // The page is thrown away by VS Code: it starts with `ready` when it is shown again.
      this.#pauseUntilReady();
    }
    this.#visibility.fire();
  }

  #pauseUntilReady(): void {
    this.#ready = false;
    this.#logTiles.pause();
  }

  #refresh(): void {
    const cluster = this.#services.model.cluster(this.ref);
    this.#frames.update(cluster);
    const state = this.#state();
    this.#panel.title = state.cluster.title;
    if (this.#ready && !this.#showPage()) {
      this.#post({ type: 'state', state });
      this.#logTiles.sourcesChanged();
    }
    if (this.#panel.visible && !this.#unreachable) {
      this.#logs.look();
    }
  }

  /**
   * VS Code may lose a page that is made while another is loading: each waits for the one before. True when there
   * is a new one.
   */
  #showPage(): boolean {
    const made = this.#page.show(this.#frames.frames);
    if (made) {
      this.#pauseUntilReady();
      if (this.#panel.visible) {
        this.#pageWatch.loading();
      }
    }
    return made;
  }

  #stall(attempt: number): void {
    const source = this.#source;
    this.#services.log.warn(`The page of the panel ${this.#panel.title} did not begin: it gets another webview`);
    this.#stalled.fire({ attempt, ...(source === undefined ? {} : { source }) });
  }

  get #unreachable(): boolean {
    return this.#services.model.cluster(this.ref)?.state === 'unreachable';
  }

  get #runs(): readonly RunRecord[] {
    return this.#services.model.runs(this.ref);
  }

  #locate(source: string): ReturnType<typeof locateSource> {
    return locateSource(source, this.#runs, this.#logs.sources);
  }

  #state(): PanelState {
    const cluster = this.#services.model.cluster(this.ref);
    const unknown = cluster === undefined && this.#watch.settling;
    return describePanel({
      ref: this.ref,
      cluster,
      runs: this.#runs,
      logs: this.#logs.sources,
      listing: unknown || (!this.#logs.looked && !this.#unreachable),
      settling: this.#watch.settling,
      dashboard: this.#frames.state,
    });
  }

  #post(message: ToWebview): void {
    if (!this.#ended.signal.aborted) {
      void this.#panel.webview.postMessage(message);
    }
  }

  #receive(value: unknown): void {
    const message = parseToHost(value);
    if (!message) {
      this.#services.log.warn('The panel sent a message that is not known');
      return;
    }
    this.#handle(message).catch((error: unknown) => this.#services.failed('The panel', error));
  }

  async #handle(message: ToHost): Promise<void> {
    if (message.type === 'log.view') {
      this.#kept.views.keep(this.ref, message.tile, message.view);
    } else if ('tile' in message) {
      await this.#logTiles.handle(message);
      if (message.type === 'log.open') {
        this.#logs.look();
      }
    } else if (message.type === 'ready') {
      this.#setUp();
    } else if (message.type === 'layout') {
      await this.#kept.layouts.save(this.ref, message.layout);
    } else {
      await this.#requests.handle(message);
    }
  }

  #setUp(): void {
    this.#logTiles.pause();
    if (this.#showPage()) {
      return;
    }
    this.#pageWatch.stop();
    this.#ready = true;
    this.#visibility.fire();
    const layout = this.#kept.layouts.load(this.ref);
    const views = this.#kept.views.load(this.ref);
    const source = this.#source;
    this.#source = undefined;
    this.#post({
      type: 'setup',
      setup: { ...this.#state(), layout, views, ...(source === undefined ? {} : { source }) },
    });
  }
}
