import * as vscode from 'vscode';
import type { ClusterRef } from '../core/cluster';
import { Emitter, type Disposable, type Event } from '../core/event';
import type { RunRecord } from '../core/run';
import type { ToHost, ToWebview } from '../protocol/messages';
import type { PanelDashboard, PanelState } from '../protocol/panelState';
import { parseToHost } from '../protocol/parseToHost';
import { DashboardFrames } from './dashboardFrames';
import type { EditorActions } from './editorActions';
import type { LayoutStore } from './layoutStore';
import { LogTiles } from './log/logTiles';
import { panelHtml } from './panelHtml';
import { PanelLogs } from './panelLogs';
import type { PanelServices } from './panelPorts';
import { describeCluster, describeRun, describeSources, isRunSource, locateSource } from './panelState';

/** Changes come in bursts: the webview hears of them at most so often. Milliseconds. */
const updateEvery = 100;

/** Workers come and go: how often their logs are looked for, while something changes. Milliseconds. */
const logsPause = 2_000;

/** Logs of a scheduler elsewhere are copied here by a process for each look. Milliseconds. */
const fetchPause = 30_000;

/** The first page waits so long for the dashboard of a cluster that runs: it would have to be loaded twice. Milliseconds. */
const firstPageWait = 500;

/** How long a cluster that is not known is taken for one that will be: backends are asked only once a panel listens. Milliseconds. */
const settling = 3_000;

/** One cluster's panel. While it is hidden it listens to nothing and reads nothing. */
export class ClusterPanel implements Disposable {
  readonly ref: ClusterRef;
  readonly #panel: vscode.WebviewPanel;
  readonly #services: PanelServices;
  readonly #layouts: LayoutStore;
  readonly #actions: EditorActions;
  readonly #frames: DashboardFrames;
  readonly #logTiles: LogTiles;
  readonly #logs: PanelLogs;
  readonly #visibility = new Emitter<void>();
  readonly onDidChangeVisibility: Event<void> = this.#visibility.event;
  readonly #disposables: Disposable[] = [];
  readonly #ended = new AbortController();
  #modelListener: Disposable | undefined;
  /** Milliseconds since 1970: when the panel began to listen. */
  #listening = 0;
  #settled: NodeJS.Timeout | undefined;
  #source: string | undefined;
  /** The page's policy, to know when another page is needed; undefined before the first. */
  #page: { frames: string | undefined } | undefined;
  #ready = false;
  /** Milliseconds since 1970. */
  readonly #created = Date.now();
  #update: NodeJS.Timeout | undefined;

  constructor(
    panel: vscode.WebviewPanel,
    ref: ClusterRef,
    services: PanelServices,
    layouts: LayoutStore,
    actions: EditorActions,
    source: string | undefined,
  ) {
    this.#panel = panel;
    this.ref = ref;
    this.#services = services;
    this.#layouts = layouts;
    this.#actions = actions;
    this.#source = source;
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
    const worker = vscode.Uri.joinPath(services.extensionUri, 'dist', 'searchWorker.js').fsPath;
    this.#logTiles = new LogTiles(
      (message) => this.#post(message),
      (id) => this.#locate(id),
      actions,
      worker,
    );
    const fetched = ref.backend === 'address';
    this.#logs = new PanelLogs({
      find: (signal) => services.backends.logs(ref, signal),
      fetched,
      reading: () => !this.#unreachable && this.#logTiles.sources.some((id) => !isRunSource(id)),
      pause: fetched ? fetchPause : logsPause,
      log: services.log,
    });
    const resources = vscode.Uri.joinPath(services.extensionUri, 'dist', 'webview');
    panel.webview.options = { enableScripts: true, localResourceRoots: [resources] };
    panel.iconPath = new vscode.ThemeIcon('server-process');
    this.#disposables.push(
      this.#frames.onDidChange(() => this.#changed()),
      this.#logs.onDidChange(() => this.#changed()),
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      panel.onDidChangeViewState(() => this.#viewStateChanged()),
      panel.onDidDispose(() => this.dispose()),
    );
    this.#listen();
    this.#refresh();
  }

  get visible(): boolean {
    return this.#panel.visible;
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
    clearTimeout(this.#update);
    clearTimeout(this.#settled);
    this.#modelListener?.dispose();
    this.#logTiles.dispose();
    this.#logs.dispose();
    this.#frames.dispose();
    this.#disposables.forEach((one) => one.dispose());
    this.#visibility.fire();
    this.#visibility.dispose();
    this.#panel.dispose();
  }

  #viewStateChanged(): void {
    const listening = this.#modelListener !== undefined;
    if (this.#panel.visible === listening) {
      return;
    }
    if (this.#panel.visible) {
      this.#listen();
      this.#refresh();
    } else {
      this.#modelListener?.dispose();
      this.#modelListener = undefined;
      clearTimeout(this.#update);
      clearTimeout(this.#settled);
      this.#update = undefined;
      // The page is thrown away by VS Code: it starts with `ready` when it is shown again.
      this.#ready = false;
      this.#logTiles.pause();
      this.#logs.stop();
    }
    this.#visibility.fire();
  }

  #listen(): void {
    if (this.#panel.visible && !this.#modelListener) {
      this.#listening = Date.now();
      this.#modelListener = this.#services.model.onDidChange(() => this.#changed());
      this.#settled = setTimeout(() => this.#changed(), settling);
    }
  }

  #changed(): void {
    if (this.#panel.visible) {
      this.#update ??= setTimeout(() => {
        this.#update = undefined;
        this.#refresh();
      }, updateEvery);
    }
  }

  #refresh(): void {
    const cluster = this.#services.model.cluster(this.ref);
    this.#frames.update(cluster);
    const state = this.#state();
    this.#panel.title = state.cluster.title;
    this.#showPage();
    if (this.#ready) {
      this.#post({ type: 'state', state });
      this.#logTiles.sourcesChanged();
    }
    if (this.#panel.visible && !this.#unreachable) {
      this.#logs.look();
    }
  }

  /** Another dashboard address needs another policy, and so another page: it restores itself. */
  #showPage(): void {
    const { frames } = this.#frames;
    if (this.#page && (this.#page.frames === frames || frames === undefined)) {
      return;
    }
    const connecting =
      this.#frames.state.kind === 'starting' && this.#services.model.cluster(this.ref)?.state === 'running';
    if (!this.#page && connecting && Date.now() - this.#created < firstPageWait) {
      setTimeout(() => this.#changed(), firstPageWait).unref();
      return;
    }
    this.#page = { frames };
    this.#ready = false;
    this.#logTiles.pause();
    const { webview } = this.#panel;
    const resource = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#services.extensionUri, 'dist', 'webview', name)).toString();
    webview.html = panelHtml({
      source: webview.cspSource,
      script: resource('panel.js'),
      style: resource('panel.css'),
      ...(frames === undefined ? {} : { frames }),
    });
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
    const runs = this.#runs;
    const known = describeCluster(this.ref, this.#services.model.cluster(this.ref), runs);
    const unsettled = known.state === 'gone' && Date.now() - this.#listening < settling;
    const cluster = unsettled ? { ...known, state: 'starting' as const } : known;
    const over = cluster.state === 'closed' || cluster.state === 'failed' || cluster.state === 'gone';
    const ended: PanelDashboard = { kind: 'ended', report: runs.some((run) => run.report !== undefined) };
    return {
      cluster,
      runs: runs.map(describeRun),
      sources: describeSources(runs, this.#logs.sources),
      dashboard: over ? ended : this.#frames.state,
    };
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
    this.#handle(message).catch((error: unknown) => {
      this.#services.log.error('The panel could not do what it was asked', error);
      const text = error instanceof Error ? error.message : String(error);
      void vscode.window.showErrorMessage(text);
    });
  }

  async #handle(message: ToHost): Promise<void> {
    if ('tile' in message) {
      await this.#logTiles.handle(message);
      if (message.type === 'log.open') {
        this.#logs.look();
      }
      return;
    }
    const { actions } = this.#services;
    switch (message.type) {
      case 'ready':
        this.#setUp();
        break;
      case 'layout':
        await this.#layouts.save(this.ref, message.layout);
        break;
      case 'run':
        this.#runAction(message.action, message.runId);
        break;
      case 'run.location':
        await this.#openLocation(message.runId);
        break;
      case 'dashboard.retry':
        this.#frames.retry();
        break;
      case 'dashboard.browser': {
        const address = this.#frames.address(message.path);
        if (address !== undefined) {
          await vscode.env.openExternal(vscode.Uri.parse(address, true));
        }
        break;
      }
      case 'showExtensionLog':
        actions.showExtensionLog();
        break;
    }
  }

  #setUp(): void {
    this.#logTiles.pause();
    this.#ready = true;
    const layout = this.#layouts.load(this.ref);
    const source = this.#source;
    this.#source = undefined;
    this.#post({
      type: 'setup',
      setup: { ...this.#state(), layout, ...(source === undefined ? {} : { source }) },
    });
  }

  #runAction(action: Extract<ToHost, { type: 'run' }>['action'], runId: string): void {
    const { actions } = this.#services;
    switch (action) {
      case 'rerun':
        actions.rerun(runId);
        break;
      case 'cancel':
        actions.cancel(runId);
        break;
      case 'report':
        actions.openReport(runId);
        break;
      case 'folder':
        actions.openRunFolder(runId);
        break;
    }
  }

  async #openLocation(runId: string): Promise<void> {
    const location = this.#runs.find(({ id }) => id === runId)?.error?.location;
    if (location) {
      await this.#actions.openFile(location.file, location.line);
    }
  }
}
