/**
 * What pages get instead of the gateway's own script, which forgets the protocols of a WebSocket, and with them Bokeh's
 * token, and garbles its binary messages: a `WebSocket` whose messages are posted.
 *
 * @param toShim relative way from the page to where they are posted
 */
export function gatewaySocketScript(toShim: string): string {
  return `<script>(() => {
const shim = new URL(${JSON.stringify(toShim)}, location.href).href;
// Asked again where nothing came back: who answers knows each turn, and has one answer for it.
const post = async (act, body) => {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(shim + act, { method: 'POST', body: JSON.stringify(body) });
      return { status: answer.status, text: await answer.text() };
    } catch (error) {
      if (tries === 5) throw error;
      await new Promise((wake) => setTimeout(wake, 50 * 2 ** tries));
    }
  }
};
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
    this.turn = 0;
    for (const type of ['open', 'message', 'error', 'close']) {
      this.addEventListener(type, (event) => this['on' + type]?.(event));
    }
    post('open', { turn: String(Math.random()), url: this.url, protocols: [protocols].flat() })
      .then(({ status, text }) => {
        if (status !== 200) throw new Error(text);
        const { id, s = '' } = JSON.parse(text);
        this.id = id;
        this.protocol = s;
        this.readyState = states.OPEN;
        this.dispatchEvent(new Event('open'));
        this.poll();
      })
      .catch(() => this.end(1006));
  }
  ask(act, more = {}) {
    this.turn += 1;
    return post(act, { id: this.id, turn: String(this.turn), ...more });
  }
  async poll() {
    while (this.readyState === states.OPEN) {
      const answer = await this.ask('poll').catch(() => undefined);
      if (answer?.status === 200) {
        for (const message of JSON.parse(answer.text)) this.receive(message);
      } else if (answer?.status !== 408) {
        this.fail();
      }
    }
  }
  receive(message) {
    let data = message;
    if (Array.isArray(message)) {
      const bytes = bytesOf(message[0]);
      data = this.binaryType === 'arraybuffer' ? bytes.buffer : new Blob([bytes]);
    }
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  send(data) {
    if (this.readyState !== states.OPEN) throw new Error('The WebSocket is not open.');
    const msg = typeof data === 'string' ? data : [textOf(data)];
    this.sending = this.sending
      .then(() => this.ask('data', { msg }))
      .then(({ status }) => status === 200 || this.fail(), () => this.fail());
  }
  close() {
    if (this.readyState !== states.OPEN) return;
    this.readyState = states.CLOSING;
    this.ask('close').catch(() => undefined).then(() => this.end(1000));
  }
  // What was lost on the way is not made good: whoever uses it opens another.
  fail() {
    if (this.readyState === states.OPEN) {
      this.ask('close').catch(() => undefined);
      this.end(1006);
    }
  }
  end(code) {
    if (this.readyState === states.CLOSED) return;
    const failed = this.readyState === states.CONNECTING;
    this.readyState = states.CLOSED;
    if (failed) this.dispatchEvent(new Event('error'));
    this.dispatchEvent(new CloseEvent('close', { code, wasClean: code === 1000 }));
  }
}
Object.assign(GatewaySocket, states);
window.WebSocket = GatewaySocket;
})();</script>`;
}
