/**
 * Frames of the relay of Identity-Aware Proxy, one in each binary message: a tag of two bytes, then by tag a length of
 * four bytes and so many bytes, or a count of eight bytes. All numbers are big-endian. As gcloud has it
 * (`iap_tunnel_websocket_utils.py`).
 */
export type Frame =
  /** The connection to the machine is there; `session` names it for a reconnect. */
  | { kind: 'connected'; session: string }
  /** It is there again; the relay has taken so many bytes of ours, counted from the first. */
  | { kind: 'reconnected'; taken: number }
  | { kind: 'data'; bytes: Buffer }
  /** So many bytes have arrived, counted from the first. */
  | { kind: 'ack'; taken: number };

/** Bytes in a frame of data at most. */
export const mostData = 16_384;

const tags = { connected: 1, reconnected: 2, data: 4, ack: 7 } as const;

/** Undefined for a tag that is newer than this. Throws RangeError where it is cut off or longer than it says. */
export function readFrame(message: Buffer): Frame | undefined {
  const tag = message.readUInt16BE(0);
  switch (tag) {
    case tags.connected:
      return { kind: 'connected', session: payload(message).toString('utf8') };
    case tags.data:
      return { kind: 'data', bytes: payload(message) };
    case tags.reconnected:
      return { kind: 'reconnected', taken: Number(message.readBigUInt64BE(2)) };
    case tags.ack:
      return { kind: 'ack', taken: Number(message.readBigUInt64BE(2)) };
    default:
      return undefined;
  }
}

export function writeFrame(frame: Frame): Buffer {
  if (frame.kind === 'reconnected' || frame.kind === 'ack') {
    const message = Buffer.alloc(10);
    message.writeUInt16BE(tags[frame.kind], 0);
    message.writeBigUInt64BE(BigInt(frame.taken), 2);
    return message;
  }
  const bytes = frame.kind === 'data' ? frame.bytes : Buffer.from(frame.session, 'utf8');
  const head = Buffer.alloc(6);
  head.writeUInt16BE(tags[frame.kind], 0);
  head.writeUInt32BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

function payload(message: Buffer): Buffer {
  const length = message.readUInt32BE(2);
  if (message.length !== 6 + length) {
    throw new RangeError(`A frame of ${length} bytes came with ${message.length - 6}`);
  }
  return message.subarray(6);
}
