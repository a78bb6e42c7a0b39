/**
 * What pages get instead of the gateway's own script, which forgets the protocols of a WebSocket, and with them Bokeh's
 * token, and garbles its binary messages: a `WebSocket` whose messages are posted.
 *
 * @param toShim relative way from the page to where they are posted
 */
export function gatewaySocketScript(toShim: string): string {
  return `<script>(() => {
const shim = new URL(${JSON.stringify(toShim)}, location.href).href;
const post = (act, body) => fetch(shim + act, { method: 'POST', body: JSON.stringify(body) });
const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const bytesOf = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const textOf = (data) => {
  const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
class GatewaySocket extends EventTarget {
  constructor(url, protocols = []) {
    super();
    this.url = new URL(url, location.href).href;
    this.protocol = '';
    this.readyState = states.CONNECTING;
    this.binaryType = 'blob';
    this.sending = Promise.resolve();
    post('open', { url: this.url, protocols: [protocols].flat() })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
      .then(({ id, s = '' }) => {
        this.id = id;
        this.protocol = s;
        this.readyState = states.OPEN;
        this.tell(new Event('open'));
        this.poll();
      })
      .catch(() => this.end(1006));
  }
  async poll() {
    while (this.readyState === states.OPEN) {
      const answer = await post('poll', { id: this.id }).catch(() => undefined);
      if (answer?.status === 200) {
        for (const message of await answer.json()) this.receive(message);
      } else if (answer?.status !== 408) {
        this.end(1006);
      }
    }
  }
  receive(message) {
    let data = message;
    if (Array.isArray(message)) {
      const bytes = bytesOf(message[0]);
      data = this.binaryType === 'arraybuffer' ? bytes.buffer : new Blob([bytes]);
    }
    this.tell(new MessageEvent('message', { data }));
  }
  send(data) {
    if (this.readyState !== states.OPEN) throw new Error('The WebSocket is not open.');
    const msg = typeof data === 'string' ? data : [textOf(data)];
    this.sending = this.sending.then(() => post('data', [{ id: this.id, msg }])).catch(() => undefined);
  }
  close() {
    if (this.readyState !== states.OPEN) return;
    this.readyState = states.CLOSING;
    post('close', { id: this.id }).catch(() => undefined).then(() => this.end(1000));
  }
  end(code) {
    if (this.readyState === states.CLOSED) return;
    const failed = this.readyState === states.CONNECTING;
    this.readyState = states.CLOSED;
    if (failed) this.tell(new Event('error'));
    this.tell(new CloseEvent('close', { code, wasClean: code === 1000 }));
  }
  tell(event) {
    this['on' + event.type]?.(event);
    this.dispatchEvent(event);
  }
}
Object.assign(GatewaySocket, states);
window.WebSocket = GatewaySocket;
})();</script>`;
}
