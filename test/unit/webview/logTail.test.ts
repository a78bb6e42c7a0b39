import assert from 'node:assert/strict';
import { LineCache } from '../../../webview/panel/log/lineCache';
import { LogTail } from '../../../webview/panel/log/logTail';

describe('A log that is followed', () => {
  it('comes to its end also where its view asks for other lines meanwhile', () => {
    const asked: { request: number; first: number; count: number }[] = [];
    const cache = new LineCache(
      (request, first, count) => asked.push({ request, first, count }),
      () => tail.linesArrived(),
    );
    let shown = 0;
    const viewport = {
      follow: true,
      pageLines: 40,
      element: { scrollLeft: 0 },
      setLineCount: (count: number) => (shown = count),
      scrollToLine: () => undefined,
      clear: () => undefined,
      // As at the next frame: the view is where it was, and asks for what it shows.
      invalidate: () => cache.want(0, 40, 0),
    };
    const tail = new LogTail(cache, viewport);
    const grow = (lineCount: number): void => {
      cache.setLineCount(1, lineCount);
      tail.grown({ generation: 1, lineCount, state: 'present' });
    };
    grow(320);
    grow(5000);
    cache.want(0, 40, 0);
    for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
      const { request, first, count } = next;
      cache.receive(
        request,
        1,
        first,
        Array.from({ length: count }, () => ({ text: 'x' })),
      );
    }
    assert.equal(shown, 5000);
  });
});
