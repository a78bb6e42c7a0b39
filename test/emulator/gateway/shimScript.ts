/**
 * What the gateway puts into pages when it cannot carry websockets: a `WebSocket` that speaks with `websocketShim.ts`.
 * Like the one of Google's open-source agent it knows handlers as properties only, and gives binary messages as blobs.
 */
export function shimScript(path: string): string {
  return `<!--START_WEBSOCKET_SHIM--><script>
(function () {
  if (typeof window.nativeWebSocket !== 'undefined') {
    return;
  }
  const shimUri = location.protocol + '//' + location.host + '/${path}/';
  const call = (action, body) =>
    fetch(shimUri + action, { method: 'POST', body, headers: { 'X-Websocket-Shim-Version': '1' } });

  class ShimmedWebSocket {
    constructor(url) {
      if (new URL(url, location.href).host !== location.host) {
        return new window.nativeWebSocket(url);
      }
      this.url = url;
      this.readyState = 0;
      this.binaryType = 'blob';
      this.sending = Promise.resolve();
      call('open', url).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer))).then(
        ({ id }) => {
          this.id = id;
          this.readyState = 1;
          this.onopen?.({ target: this });
          void this.poll();
        },
        () => this.end(),
      );
    }

    async poll() {
      while (this.readyState === 1) {
        const answer = await call('poll', JSON.stringify({ id: this.id })).catch(() => undefined);
        if (answer?.status === 200) {
          for (const message of await answer.json()) {
            this.onmessage?.({ target: this, data: Array.isArray(message) ? new Blob(message) : message });
          }
        } else if (answer?.status !== 408) {
          this.end();
        }
      }
    }

    send(data) {
      if (this.readyState !== 1) {
        throw new Error('WebSocket is not yet opened');
      }
      const msg = typeof data === 'string' ? data : [btoa(String.fromCharCode(...new Uint8Array(data)))];
      this.sending = this.sending.then(() => call('data', JSON.stringify([{ id: this.id, msg }])));
    }

    close() {
      if (this.readyState === 1) {
        this.readyState = 2;
        void call('close', JSON.stringify({ id: this.id })).finally(() => this.end());
      }
    }

    end() {
      if (this.readyState !== 3) {
        const failed = this.readyState < 2;
        this.readyState = 3;
        if (failed) {
          this.onerror?.({ target: this });
        }
        this.onclose?.({ target: this });
      }
    }
  }

  Object.assign(ShimmedWebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
  window.nativeWebSocket = window.WebSocket;
  window.WebSocket = ShimmedWebSocket;
})();
</script><!--END_WEBSOCKET_SHIM-->`;
}
