import { randomUUID } from 'node:crypto';
import { GoogleError } from './googleApi';
import { wasLost } from './networkFailure';
import type { HttpAnswer, Transport } from './transport';
import type { UploadContent } from './uploadContent';
import { textAt, type Json } from './wire';

/** Larger ones are sent so that they can go on where they broke off. Bytes. */
const resumableFrom = 8 * 1024 * 1024;
/** Times in a row without a byte that was kept. */
const mostFailures = 3;

export interface Upload {
  origin: string;
  bucket: string;
  name: string;
  contentType: string;
  content: UploadContent;
  signal: AbortSignal;
}

/** Resolves with the object that was made, or with undefined where there is one of that name: it stays as it is. */
export async function upload(transport: Transport, order: Upload): Promise<Json | undefined> {
  const answer =
    order.content.size > resumableFrom ? await resumable(transport, order) : await multipart(transport, order);
  return answer.status === 412 ? undefined : (JSON.parse(answer.body.toString('utf8')) as Json);
}

/** In one call, which says first what follows. */
async function multipart(transport: Transport, order: Upload): Promise<HttpAnswer> {
  const boundary = randomUUID();
  const body = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resourceOf(order))}\r\n` +
        `--${boundary}\r\nContent-Type: ${order.contentType}\r\n\r\n`,
    ),
    await order.content.whole(),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return transport.send({
    method: 'POST',
    url: urlOf(order, 'multipart'),
    headers: { 'Content-Type': `multipart/related; boundary=${boundary}` },
    body,
    accept: [412],
    tries: 3,
    signal: order.signal,
  });
}

/** One call to begin and one for all bytes; after a break one that asks how many were kept, and one for the rest. */
async function resumable(transport: Transport, order: Upload): Promise<HttpAnswer> {
  const { content, signal } = order;
  const begun = await transport.send({
    method: 'POST',
    url: urlOf(order, 'resumable'),
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'X-Upload-Content-Type': order.contentType,
      'X-Upload-Content-Length': String(content.size),
    },
    body: JSON.stringify(resourceOf(order)),
    accept: [412],
    // A second one leaves a first that nobody uses, and which ends by itself.
    tries: 3,
    signal,
  });
  if (begun.status === 412) {
    return begun;
  }
  const session = sessionOf(order, begun);
  const put = (range: string, start: number | undefined): Promise<HttpAnswer> =>
    transport.send({
      method: 'PUT',
      url: session,
      headers: {
        'Content-Range': range,
        'Content-Length': String(start === undefined ? 0 : content.size - start),
      },
      ...(start === undefined ? {} : { body: () => content.from(start) }),
      accept: [308, 412],
      tries: start === undefined ? 3 : 1,
      signal,
    });
  let kept = 0;
  for (let failures = 0; ;) {
    try {
      const answer = await put(`bytes ${kept}-${content.size - 1}/${content.size}`, kept);
      if (answer.status !== 308) {
        return answer;
      }
    } catch (error) {
      failures += 1;
      if (!mayGoOn(error) || failures >= mostFailures) {
        throw error;
      }
    }
    const state = await put(`bytes */${content.size}`, undefined);
    if (state.status !== 308) {
      return state;
    }
    const now = keptOf(state);
    if (now > kept) {
      failures = 0;
    }
    kept = now;
  }
}

function resourceOf({ name, contentType, content }: Upload): Json {
  // The service refuses bytes that have another checksum.
  return { name, contentType, crc32c: content.crc32c };
}

function urlOf({ origin, bucket, name }: Upload, kind: string): string {
  const query = new URLSearchParams({ uploadType: kind, name, ifGenerationMatch: '0' });
  return `${origin}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?${query.toString()}`;
}

/** Where the bytes go, with our token: never to another host. */
function sessionOf({ origin }: Upload, { headers }: HttpAnswer): string {
  const session = headers.location ?? '';
  if (!URL.canParse(session) || new URL(session).origin !== new URL(origin).origin) {
    throw new GoogleError('The service named no place for the upload.', {});
  }
  return session;
}

/** `bytes=0-262143` */
function keptOf({ headers }: HttpAnswer): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

function mayGoOn(error: unknown): boolean {
  const status = error instanceof GoogleError ? error.status : undefined;
  return wasLost(error) || (status !== undefined && (status >= 500 || status === 408));
}

/** The checksum of an object, as it was answered. */
export function checksumIn(object: Json): string {
  return textAt(object, 'crc32c');
}
