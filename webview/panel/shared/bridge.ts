import type { ToHost, ToWebview } from '../../../src/protocol/messages';

interface VsCodeApi {
  postMessage(message: unknown): void;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The way to the host, typed. VS Code hands it out once. */
export class Bridge {
  readonly #api = acquireVsCodeApi();

  post(message: ToHost): void {
    this.#api.postMessage(message);
  }

  listen(listener: (message: ToWebview) => void): void {
    window.addEventListener('message', (event: MessageEvent<unknown>) => {
      // Frames of the dashboard may post too: only the host's messages come from this window's own parent chain.
      const data = event.data;
      if (typeof data === 'object' && data !== null && 'type' in data && !isFrame(event.source)) {
        listener(data as ToWebview);
      }
    });
  }

  /** What the host is given to find the panel's cluster again after a reload of the window. */
  keep(cluster: { backend: string; id: string }): void {
    this.#api.setState(cluster);
  }
}

function isFrame(source: MessageEventSource | null): boolean {
  return [...document.querySelectorAll('iframe')].some((frame) => frame.contentWindow === source);
}
