import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type Json, valueAt, textOf } from '../../emulator/json';
import { EmulatorFixture } from './fixture';

describe('emulated storage', () => {
  let fixture: EmulatorFixture;
  let base: string;

  before(async () => {
    fixture = await EmulatorFixture.start();
    base = fixture.emulator.url;
    await fixture.call('POST', '/storage/v1/b?project=p1', { name: 'bucket', location: 'eu' });
  });

  after(() => fixture.close());

  const media = (name: string, body: string, query = '') =>
    fetch(`${base}/upload/storage/v1/b/bucket/o?uploadType=media&name=${encodeURIComponent(name)}${query}`, {
      method: 'POST',
      body,
    });

  it('has buckets', async () => {
    assert.equal((await fixture.get('/storage/v1/b/bucket'))['location'], 'EU');
    assert.equal((await fixture.call('POST', '/storage/v1/b?project=p1', { name: 'bucket' })).status, 409);
    assert.equal((await fixture.call('POST', '/storage/v1/b?project=p1', { name: 'UPPER' })).status, 400);
    assert.equal((await fixture.call('GET', '/storage/v1/b/none')).status, 404);
    assert.equal(((await fixture.get('/storage/v1/b?project=p1'))['items'] as Json[])[0]?.['name'], 'bucket');
  });

  it('refuses bytes that have another checksum than was said', async () => {
    const send = async (crc32c: string): Promise<[number, string]> => {
      const body = `--x\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({ name: 'checked', crc32c })}\r\n--x\r\nContent-Type: text/plain\r\n\r\n123456789\r\n--x--\r\n`;
      const headers = { 'Content-Type': 'multipart/related; boundary=x' };
      const url = `${base}/upload/storage/v1/b/bucket/o?uploadType=multipart`;
      const response = await fetch(url, { method: 'POST', headers, body });
      return [response.status, await response.text()];
    };
    const [status, text] = await send('AAAAAA==');
    assert.equal(status, 400);
    assert.match(text, /doesn't match calculated CRC32C/);
    assert.equal((await fetch(`${base}/storage/v1/b/bucket/o/checked`)).status, 404);
    assert.equal((await send('4waSgw=='))[0], 200);
  });

  it('lists from a name on', async () => {
    for (const name of ['from/a', 'from/b', 'from/c']) {
      await media(name, 'x');
    }
    const listed = await fixture.get('/storage/v1/b/bucket/o?prefix=from/&startOffset=from/b');
    assert.deepEqual(
      (listed['items'] as Json[]).map(({ name }) => name),
      ['from/b', 'from/c'],
    );
  });

  it('keeps objects with their hashes and generation, and gives ranges of them', async () => {
    const object = (await (await media('a/b ü.txt', '123456789')).json()) as Json;
    assert.equal(object['md5Hash'], createHash('md5').update('123456789').digest('base64'));
    // The check value of CRC-32C.
    assert.equal(object['crc32c'], Buffer.from('e3069283', 'hex').toString('base64'));
    const url = `${base}/storage/v1/b/bucket/o/${encodeURIComponent('a/b ü.txt')}`;
    const range = async (value: string) => {
      const response = await fetch(`${url}?alt=media`, { headers: { Range: `bytes=${value}` } });
      return [response.status, response.headers.get('content-range'), response.ok ? await response.text() : ''];
    };
    assert.deepEqual(await range('2-4'), [206, 'bytes 2-4/9', '345']);
    assert.deepEqual(await range('7-'), [206, 'bytes 7-8/9', '89']);
    assert.deepEqual(await range('-2'), [206, 'bytes 7-8/9', '89']);
    assert.deepEqual(await range('9-'), [416, 'bytes */9', '']);
    const whole = await fetch(`${url}?alt=media&generation=${textOf(object, 'generation')}`);
    assert.equal(await whole.text(), '123456789');
    assert.equal((await fetch(`${url}?generation=1`)).status, 404);
  });

  it('holds conditions on generations', async () => {
    const first = (await (await media('once', 'x', '&ifGenerationMatch=0')).json()) as Json;
    const refused = await media('once', 'y', '&ifGenerationMatch=0');
    assert.equal(refused.status, 412);
    assert.equal(((valueAt(await refused.json(), 'error.errors') as Json[])[0] ?? {})['reason'], 'conditionNotMet');
    const second = await media('once', 'z', `&ifGenerationMatch=${textOf(first, 'generation')}`);
    assert.equal(second.status, 200);
    const url = `/storage/v1/b/bucket/o/once`;
    assert.equal((await fixture.call('DELETE', `${url}?ifGenerationMatch=${textOf(first, 'generation')}`)).status, 412);
    assert.equal((await fixture.call('DELETE', url)).status, 204);
    assert.equal((await fixture.call('GET', url)).status, 404);
  });

  it('takes multipart uploads', async () => {
    const body = [
      ...['--x y', 'Content-Type: application/json', '', '{"name": "multi", "metadata": {"k": "v"}}'],
      ...['--x y', 'Content-Type: text/x-python', '', 'line 1\r\nline 2', '--x y--', ''],
    ].join('\r\n');
    const headers = { 'Content-Type': 'multipart/related; boundary="x y"' };
    const response = await fetch(`${base}/upload/storage/v1/b/bucket/o?uploadType=multipart`, {
      method: 'POST',
      headers,
      body,
    });
    const object = (await response.json()) as Json;
    assert.deepEqual([object['contentType'], object['metadata']], ['text/x-python', { k: 'v' }]);
    assert.equal(await (await fetch(`${base}/storage/v1/b/bucket/o/multi?alt=media`)).text(), 'line 1\r\nline 2');
  });

  it('takes up an upload where it broke off', async () => {
    const unit = 256 * 1024;
    const content = Buffer.alloc(unit * 2 + 10, 'abcdefg');
    const start = await fetch(`${base}/upload/storage/v1/b/bucket/o?uploadType=resumable&name=big`, {
      method: 'POST',
      body: '{}',
    });
    const session = start.headers.get('location') ?? '';
    const put = async (range: string, body?: Buffer<ArrayBuffer>) => {
      const response = await fetch(session, {
        method: 'PUT',
        headers: { 'Content-Range': range },
        ...(body ? { body } : {}),
      });
      const text = await response.text();
      return { status: response.status, range: response.headers.get('range'), text };
    };
    assert.deepEqual(await put(`bytes */${content.length}`), { status: 308, range: null, text: '' });
    // Not a whole number of units: the rest is dropped.
    const part = await put(`bytes 0-${unit + 99}/${content.length}`, content.subarray(0, unit + 100));
    assert.deepEqual([part.status, part.range], [308, `bytes=0-${unit - 1}`]);
    const last = await put(`bytes ${unit}-${content.length - 1}/${content.length}`, content.subarray(unit));
    assert.equal(last.status, 200);
    // Who did not get the answer asks again.
    assert.equal((await put(`bytes */${content.length}`)).status, 200);
    const kept = Buffer.from(await (await fetch(`${base}/storage/v1/b/bucket/o/big?alt=media`)).arrayBuffer());
    assert.ok(kept.equals(content));
  });

  it('lists by prefix and delimiter, page by page', async () => {
    for (const name of ['l/1', 'l/2', 'l/d/3', 'l/d/4', 'l/e/5']) {
      await media(name, '');
    }
    const seen: string[] = [];
    let token = '';
    do {
      const page = await fixture.get(
        `/storage/v1/b/bucket/o?prefix=l/&delimiter=/&maxResults=2&pageToken=${encodeURIComponent(token)}`,
      );
      seen.push(
        ...((page['items'] ?? []) as Json[]).map(({ name }) => name as string),
        ...((page['prefixes'] ?? []) as string[]),
      );
      token = (page['nextPageToken'] as string | undefined) ?? '';
    } while (token !== '');
    assert.deepEqual(seen.toSorted(), ['l/1', 'l/2', 'l/d/', 'l/e/']);
    const all = await fixture.get('/storage/v1/b/bucket/o?prefix=l/d');
    assert.deepEqual(
      (all['items'] as Json[]).map(({ name }) => name),
      ['l/d/3', 'l/d/4'],
    );
  });
});
