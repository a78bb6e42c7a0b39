import type { Page, WebSocket } from 'playwright-core';

/** Everything that a window's page and its frames send and get, as far as it can be searched for a text. */
export class PageTraffic {
  readonly #texts: { where: string; text: string }[] = [];
  readonly #pending: Promise<void>[] = [];

  constructor(private readonly page: Page) {
    page.on('request', (request) => {
      this.#pending.push(
        request
          .allHeaders()
          .catch(() => request.headers())
          .then((headers) => this.#keep(`request ${request.url()}`, `${request.url()}\n${JSON.stringify(headers)}`))
          .catch(() => undefined),
      );
      const data = request.postData();
      if (data !== null) {
        this.#keep(`body of ${request.url()}`, data);
      }
    });
    page.on('websocket', (socket: WebSocket) => {
      this.#keep('websocket', socket.url());
      const keep = ({ payload }: { payload: string | Buffer }): void =>
        this.#keep(`message of ${socket.url()}`, typeof payload === 'string' ? payload : payload.toString('latin1'));
      socket.on('framesent', keep).on('framereceived', keep);
    });
  }

  get urls(): string[] {
    return this.#texts
      .filter(({ where }) => /^(request|websocket)/.test(where))
      .map(({ text }) => text.split('\n')[0]!);
  }

  /** Where a text was seen: in traffic so far, or in the page as it is. */
  async places(wanted: RegExp): Promise<string[]> {
    await Promise.all(this.#pending);
    const pages = await Promise.all(
      this.page.frames().map(async (frame) => {
        const text = await frame.content().catch(() => '');
        return { where: `page ${frame.url()}`, text };
      }),
    );
    return [...this.#texts, ...pages].filter(({ text }) => wanted.test(text)).map(({ where }) => where);
  }

  #keep(where: string, text: string): void {
    this.#texts.push({ where, text });
  }
}
