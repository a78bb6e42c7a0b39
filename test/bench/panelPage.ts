import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { LogTiles, type LogLocation } from '../../src/panel/log/logTiles';
import { panelHtml } from '../../src/panel/panelHtml';
import type { ToHost, ToWebview } from '../../src/protocol/messages';
import type { PanelSetup, PanelState } from '../../src/protocol/panelState';
import { parseToHost } from '../../src/protocol/parseToHost';
import { themes, type ThemeName } from './panelThemes';

export interface PanelPageOptions {
  /** Folder with `panel.js`, `panel.css` and the icon font, as built. */
  webview: string;
  /** The search thread's script, as built. */
  searchWorker: string;
  setup: PanelSetup;
  logs: Record<string, LogLocation>;
  /** Where a real dashboard is framed from, as a source of a policy; absent: the page's own stand-in for plots. */
  frames?: string;
}

const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };

/**
 * The panel's real page in a plain browser: the webview as built, the real reading and searching of logs behind
 * it, and in place of VS Code a WebSocket, its theme variables and `acquireVsCodeApi`.
 */
export class PanelPage {
  /** Messages of the webview, in order. */
  readonly received: ToHost[] = [];
  readonly copied: string[] = [];
  readonly opened: string[] = [];
  readonly #options: PanelPageOptions;
  readonly #server: Server;
  readonly #sockets = new Set<WebSocket>();
  #tiles: LogTiles | undefined;
  #setup: PanelSetup;

  private constructor(options: PanelPageOptions) {
    this.#options = options;
    this.#setup = options.setup;
    this.#server = createServer((request, response) => {
      this.#answer(request.url ?? '/').then(
        ({ type, body }) => response.writeHead(200, { 'Content-Type': type }).end(body),
        () => response.writeHead(404).end(),
      );
    });
    new WebSocketServer({ server: this.#server }).on('connection', (socket) => this.#connect(socket));
  }

  static async start(options: PanelPageOptions): Promise<PanelPage> {
    const page = new PanelPage(options);
    await new Promise<void>((resolve) => page.#server.listen(0, '127.0.0.1', resolve));
    return page;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  url(theme: ThemeName): string {
    return `${this.origin}/?theme=${theme}`;
  }

  /** What the host would tell when clusters or runs change. */
  update(state: Partial<PanelState>): void {
    this.#setup = { ...this.#setup, ...state };
    const { cluster, runs, sources, listing, dashboard } = this.#setup;
    this.#send({ type: 'state', state: { cluster, runs, sources, listing, dashboard } });
  }

  async close(): Promise<void> {
    this.#tiles?.dispose();
    this.#sockets.forEach((socket) => socket.terminate());
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(url: string): Promise<{ type: string; body: string | Buffer }> {
    const { pathname, searchParams } = new URL(url, this.origin);
    if (pathname === '/') {
      return { type: 'text/html', body: this.#html(searchParams.get('theme') as ThemeName) };
    }
    if (pathname.startsWith('/plots/')) {
      return { type: 'text/html', body: plotPage(pathname, searchParams) };
    }
    const body = await readFile(join(this.#options.webview, pathname.slice(1)));
    return { type: types[extname(pathname)] ?? 'application/octet-stream', body };
  }

  /** The product's own page and policy, with what VS Code adds to it. */
  #html(name: ThemeName): string {
    const theme = themes[name];
    const html = panelHtml({
      source: this.origin,
      script: '/panel.js',
      style: '/panel.css',
      frames: this.#options.frames ?? this.origin,
    });
    const nonce = /nonce="([^"]+)"/.exec(html)?.[1] ?? '';
    const variables = Object.entries(theme.variables).map(([key, value]) => [`--vscode-${key}`, value]);
    return html
      .replace(`default-src 'none'`, `default-src 'none'; connect-src ${this.origin.replace('http', 'ws')}`)
      .replace('<body>', `<body class="${theme.bodyClass}"><script nonce="${nonce}">${fakeApi(variables)}</script>`);
  }

  #connect(socket: WebSocket): void {
    this.#sockets.add(socket);
    this.#tiles?.dispose();
    this.#tiles = new LogTiles(
      (message) => socket.send(JSON.stringify(message)),
      (source) => this.#options.logs[source],
      {
        copy: (text) => Promise.resolve(void this.copied.push(text)),
        openFile: (path, line) => Promise.resolve(void this.opened.push(`${path}:${line ?? ''}`)),
        saveCopy: (path) => Promise.resolve(void this.opened.push(path)),
      },
      this.#options.searchWorker,
    );
    socket.on('message', (data: Buffer) => this.#receive(parseToHost(JSON.parse(data.toString('utf8')))));
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #receive(message: ToHost | undefined): void {
    if (!message) {
      throw new Error('The webview sent a message that the host does not know');
    }
    this.received.push(message);
    if (message.type === 'log.view') {
      this.#setup = { ...this.#setup, views: { ...this.#setup.views, [message.tile]: message.view } };
    } else if ('tile' in message) {
      void this.#tiles?.handle(message);
    } else if (message.type === 'ready') {
      this.#send({ type: 'setup', setup: this.#setup });
    } else if (message.type === 'layout') {
      this.#setup = { ...this.#setup, layout: message.layout };
    }
  }

  #send(message: ToWebview): void {
    this.#sockets.forEach((socket) => socket.send(JSON.stringify(message)));
  }
}

function fakeApi(variables: string[][]): string {
  return `
    for (const [name, value] of ${JSON.stringify(variables)}) {
      document.documentElement.style.setProperty(name, value);
    }
    const socket = new WebSocket(location.origin.replace('http', 'ws'));
    const opened = new Promise((resolve) => socket.addEventListener('open', resolve));
    socket.addEventListener('message', (event) => window.postMessage(JSON.parse(event.data), '*'));
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => opened.then(() => socket.send(JSON.stringify(message))),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null'),
      setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
    });`;
}

/** Stands in for a plot: draws in the colours that it was asked for. */
function plotPage(path: string, colours: URLSearchParams): string {
  const colour = (name: string): string => `#${(colours.get(name) ?? '').replace(/[^0-9a-f]/g, '')}`;
  const rows = [12, 40, 65, 30, 80, 55].map(
    (width, at) => `<rect x="${at * 12}" y="${10 + at * 18}" width="${width * 3}" height="14" fill="#4a90d9"/>`,
  );
  return `<!DOCTYPE html><body style="margin:8px;background:${colour('bg')};color:${colour('fg')};font:13px sans-serif">
    ${
      path
        .split('/')
        .at(-1)
        ?.replace(/[^a-z-]/g, '') ?? ''
    } (${colours.get('theme')?.replace(/[^a-z-]/g, '') ?? ''})
    <svg width="100%" height="130"><path d="M0 118H400" stroke="${colour('grid')}"/>${rows.join('')}</svg></body>`;
}
