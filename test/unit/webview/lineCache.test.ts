import assert from 'node:assert/strict';
import { LineCache } from '../../../webview/panel/log/lineCache';
import { randomFrom } from '../panel/tempFolder';

/** A cache and a host that answers when it is told to. */
class Fixture {
  readonly requests: { request: number; first: number; count: number }[] = [];
  changes = 0;
  lines: string[] = [];
  readonly cache = new LineCache(
    (request, first, count) => this.requests.push({ request, first, count }),
    () => (this.changes += 1),
  );

  set(lines: string[], generation = 1): void {
    this.lines = lines;
    this.cache.setLineCount(generation, lines.length);
  }

  /** Answers the oldest request with at most `most` lines. */
  answer(most = 1_000, generation = 1): void {
    const { request, first, count } = this.requests.shift()!;
    const lines = this.lines.slice(first, first + Math.min(count, most)).map((text) => ({ text }));
    this.cache.receive(request, generation, first, lines);
  }

  answerAll(most?: number): void {
    for (let round = 0; this.requests.length > 0; round += 1) {
      assert.ok(round < 1_000, 'asks without end');
      this.answer(most);
    }
  }
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, at) => `line ${at}`);

describe('The lines near the view', () => {
  it('asks for what is in view first, then for what comes next', () => {
    const fixture = new Fixture();
    fixture.set(numbered(10_000));
    fixture.cache.want(250, 300, 1);
    assert.deepEqual(
      fixture.requests.map(({ first }) => first),
      [200, 300],
    );
    fixture.answerAll();
    assert.equal(fixture.cache.get(260)?.text, 'line 260');
    assert.equal(fixture.cache.get(499)?.text, 'line 499', 'ahead');
    assert.equal(fixture.cache.get(199), undefined, 'behind');
  });

  it('does not ask for what was scrolled past', () => {
    const fixture = new Fixture();
    fixture.set(numbered(100_000));
    for (let first = 0; first < 50_000; first += 500) {
      fixture.cache.want(first, first + 40, 1);
    }
    assert.equal(fixture.requests.length, 2);
    fixture.answer();
    assert.equal(fixture.requests.at(-1)?.first, 49_500);
  });

  it('reads the last page again when it has grown, and shows it meanwhile', () => {
    const fixture = new Fixture();
    fixture.set(['a', 'half']);
    fixture.cache.want(0, 1, 0);
    fixture.answerAll();
    fixture.set(['a', 'half a line', 'b']);
    assert.equal(fixture.cache.get(1)?.text, 'half');
    fixture.cache.want(0, 2, 0);
    fixture.answerAll();
    assert.deepEqual(
      [1, 2].map((line) => fixture.cache.get(line)?.text),
      ['half a line', 'b'],
    );
  });

  it('reads again what bars write over, also in the page before', () => {
    const fixture = new Fixture();
    fixture.set(numbered(110));
    fixture.cache.want(0, 109, 0);
    fixture.answerAll();
    fixture.lines = fixture.lines.with(95, 'a: 50%');
    fixture.cache.touchLast();
    fixture.cache.want(0, 109, 0);
    fixture.answerAll();
    assert.equal(fixture.cache.get(95)?.text, 'a: 50%');
  });

  it('asks for the rest of an answer that was cut short', () => {
    const fixture = new Fixture();
    fixture.set(numbered(100));
    fixture.cache.want(0, 99, 0);
    fixture.answerAll(30);
    assert.equal(fixture.cache.get(99)?.text, 'line 99');
    assert.equal(fixture.cache.has(0, 99), true);
  });

  it('drops everything when the log is another one, and late answers with it', () => {
    const fixture = new Fixture();
    fixture.set(numbered(100));
    fixture.cache.want(0, 50, 0);
    fixture.set(['new'], 2);
    fixture.answer();
    assert.equal(fixture.cache.get(0), undefined);
    fixture.cache.want(0, 0, 0);
    fixture.answer(1_000, 2);
    assert.equal(fixture.cache.get(0)?.text, 'new');
  });

  it('does not ask again at once for what came back empty', () => {
    const fixture = new Fixture();
    fixture.set(numbered(50));
    fixture.lines = [];
    fixture.cache.want(0, 49, 0);
    fixture.answerAll();
    fixture.lines = numbered(50);
    fixture.cache.want(0, 49, 0);
    fixture.answerAll();
    assert.equal(fixture.cache.get(49)?.text, 'line 49');
  });

  it('always ends with the lines in view, and holds few others', () => {
    const fixture = new Fixture();
    const random = randomFrom(9);
    fixture.set(numbered(200_000));
    for (let step = 0; step < 2_000; step += 1) {
      const first = Math.floor(random() * 199_950);
      fixture.cache.want(first, first + 49, Math.sign(random() - 0.5));
      for (let answers = Math.floor(random() * 3); answers > 0 && fixture.requests.length > 0; answers -= 1) {
        fixture.answer(20 + Math.floor(random() * 200));
      }
    }
    fixture.cache.want(77_777, 77_826, 0);
    fixture.answerAll();
    assert.equal(fixture.cache.get(77_800)?.text, 'line 77800');
    let held = 0;
    for (let line = 0; line < 200_000; line += 1) {
      held += fixture.cache.get(line) ? 1 : 0;
    }
    assert.ok(held <= 8_100, `${held} lines held`);
  });
});
