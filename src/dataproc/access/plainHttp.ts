import { begin } from '../google/transport';

/** `fetch` for Google's library of sign-ins: by the connections that all calls take, and without a token of ours. */
export async function plainFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input);
  const body = init.body;
  const text = body instanceof URLSearchParams || typeof body === 'string' ? String(body) : undefined;
  const headers = new Headers(init.headers);
  if (body instanceof URLSearchParams && !headers.has('content-type')) {
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  const response = await begin(
    {
      method: init.method ?? 'GET',
      url,
      ...(text === undefined ? {} : { body: text }),
      signal: init.signal ?? new AbortController().signal,
    },
    Object.fromEntries(headers),
  );
  const parts: Buffer[] = [];
  for await (const part of response) {
    parts.push(part as Buffer);
  }
  const status = response.statusCode ?? 0;
  const type = response.headers['content-type'];
  return new Response([204, 304].includes(status) ? null : Buffer.concat(parts), {
    status,
    headers: type === undefined ? {} : { 'content-type': type },
  });
}
