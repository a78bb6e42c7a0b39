import type { LogLine } from '../../../src/protocol/logLine';
import { element } from '../shared/dom';
import { RowView } from './rowView';
import { ScrollScale } from './scrollScale';
import { StyleCache } from './sgrStyle';

export interface ViewportOwner {
  line(line: number): LogLine | undefined;
  /** Lines `first` to `last` are to be shown; `ahead` is the way that the view goes: -1, 0 or 1. */
  range(first: number, last: number, ahead: number): void;
  /** Rows were drawn: paint over them. */
  drawn(rows: readonly RowView[]): void;
  /** The user has moved the view. */
  moved(): void;
}

/**
 * Draws the rows in view of a log of any length. `top` is the place of the view in the whole log in pixels;
 * the scroll bar only follows it, see {@link ScrollScale}. The rows lie in a layer that sticks to the view, so
 * that a scroll that is faster than the drawing shows old rows for a frame and never an empty page.
 */
export class LogViewport {
  readonly element = element('div', {
    class: 'log-viewport',
    attributes: { tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': 'Log' },
  });
  readonly #spacer = element('div', { class: 'log-spacer' });
  readonly #layer = element('div', { class: 'log-rows' });
  readonly #owner: ViewportOwner;
  readonly #scale = new ScrollScale();
  readonly #styles = new StyleCache();
  readonly #resize: ResizeObserver;
  #rows: RowView[] = [];
  #lineCount = 0;
  #top = 0;
  #lastFirst = 0;
  #rowHeight = 18;
  #characterWidth = 8;
  #width = 0;
  #follow = true;
  #frame = 0;
  #scrollTop = 0;

  constructor(owner: ViewportOwner) {
    this.#owner = owner;
    this.#spacer.append(this.#layer);
    this.element.append(this.#spacer);
    this.element.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    this.element.addEventListener('wheel', (event) => this.#onWheel(event), { passive: false });
    this.#resize = new ResizeObserver(() => this.#onResize());
    this.#resize.observe(this.element);
  }

  get lineCount(): number {
    return this.#lineCount;
  }

  get follow(): boolean {
    return this.#follow;
  }

  get rowHeight(): number {
    return this.#rowHeight;
  }

  get firstLine(): number {
    return Math.floor(this.#top / this.#rowHeight);
  }

  get rows(): readonly RowView[] {
    return this.#rows;
  }

  /** Rows that fit, at least one. */
  get pageLines(): number {
    return Math.max(1, Math.floor(this.element.clientHeight / this.#rowHeight));
  }

  set follow(follow: boolean) {
    this.#follow = follow;
    if (follow) {
      this.#moveTo(this.#scale.end);
    }
  }

  setLineCount(lineCount: number): void {
    this.#lineCount = lineCount;
    this.#rescale();
    this.#moveTo(this.#follow ? this.#scale.end : this.#top);
  }

  /** Another log: from the top, and as narrow as it is. */
  clear(): void {
    this.#lineCount = 0;
    this.#top = 0;
    this.#width = 0;
    this.#spacer.style.minWidth = '';
    this.element.scrollLeft = 0;
    this.#rescale();
    this.#moveTo(0);
  }

  scrollToLine(line: number): void {
    this.#moveTo(line * this.#rowHeight);
  }

  scrollByLines(lines: number): void {
    this.#userMove(this.#top + lines * this.#rowHeight);
  }

  /** Brings a line into view, in the middle when it was not; and a column. */
  reveal(line: number, column: number): void {
    const place = line * this.#rowHeight;
    const height = this.element.clientHeight;
    if (place < this.#top || place + this.#rowHeight > this.#top + height) {
      this.#userMove(place - height / 2);
    }
    const left = column * this.#characterWidth;
    const view = this.element.clientWidth;
    if (left < this.element.scrollLeft || left > this.element.scrollLeft + view - 80) {
      this.element.scrollLeft = left < view * 0.8 ? 0 : left - view / 2;
    }
  }

  rowAt(y: number): RowView | undefined {
    const top = this.element.getBoundingClientRect().top;
    const line = Math.floor((this.#top + y - top) / this.#rowHeight);
    const inside = Math.max(0, Math.min(line, this.#lineCount - 1));
    return (
      this.#rows.find((row) => row.line === inside) ??
      (inside <= this.firstLine ? this.#rows[0] : this.#rows.findLast((row) => row.line < this.#lineCount))
    );
  }

  /** Draws in the next frame. */
  invalidate(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  dispose(): void {
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  #userMove(place: number): void {
    this.#moveTo(place);
    this.#follow = this.#atEnd();
    this.#owner.moved();
  }

  #moveTo(place: number): void {
    this.#top = this.#scale.clamp(place);
    const wanted = this.#scale.toScrollTop(this.#top);
    if (Math.abs(wanted - this.#scrollTop) >= 0.5) {
      this.element.scrollTop = wanted;
      this.#scrollTop = this.element.scrollTop;
    }
    this.invalidate();
  }

  #onScroll(): void {
    if (this.element.clientHeight !== this.#scale.view) {
      // The browser has moved it because it has become higher: that was not the user.
      this.#onResize();
      return;
    }
    const now = this.element.scrollTop;
    if (Math.abs(now - this.#scrollTop) >= 1) {
      this.#scrollTop = now;
      this.#top = this.#scale.toPlace(now);
      this.#follow = this.#atEnd();
    }
    this.#owner.moved();
    this.invalidate();
  }

  /** Where the scroll bar is shorter than the log, the browser would move too far. */
  #onWheel(event: WheelEvent): void {
    if (!this.#scale.scaled || event.ctrlKey) {
      return;
    }
    event.preventDefault();
    const unit =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE
        ? this.#rowHeight
        : event.deltaMode === WheelEvent.DOM_DELTA_PAGE
          ? this.element.clientHeight
          : 1;
    const sideways = event.shiftKey && event.deltaX === 0;
    this.element.scrollLeft += (sideways ? event.deltaY : event.deltaX) * unit;
    if (!sideways && event.deltaY !== 0) {
      this.#userMove(this.#top + event.deltaY * unit);
    }
  }

  #onResize(): void {
    const style = getComputedStyle(this.element);
    const rowHeight = Math.max(12, Math.round(parseFloat(style.fontSize) * 1.4));
    // The same line stays first: a view may be restored before it is known how high its rows are.
    this.#top *= rowHeight / this.#rowHeight;
    this.#rowHeight = rowHeight;
    this.#characterWidth = this.#measureCharacter();
    this.element.style.setProperty('--row-height', `${this.#rowHeight}px`);
    this.#rescale();
    this.#moveTo(this.#follow ? this.#scale.end : this.#top);
  }

  #measureCharacter(): number {
    const probe = element('span', { class: 'log-text log-probe', text: '0'.repeat(100) });
    this.#layer.append(probe);
    const width = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return width || 8;
  }

  #rescale(): void {
    this.#scale.set(this.#lineCount * this.#rowHeight + 4, this.element.clientHeight);
    this.#spacer.style.height = `${this.#scale.height}px`;
    this.element.setAttribute('aria-label', `Log, ${this.#lineCount.toLocaleString('en')} lines`);
  }

  #atEnd(): boolean {
    return this.#top >= this.#scale.end - this.#rowHeight / 2;
  }

  #draw(): void {
    const height = this.element.clientHeight;
    if (height === 0) {
      return;
    }
    const first = this.firstLine;
    const count = Math.max(0, Math.min(Math.ceil(height / this.#rowHeight) + 1, this.#lineCount - first));
    if (count > 0) {
      this.#owner.range(first, first + count - 1, Math.sign(first - this.#lastFirst));
    }
    this.#lastFirst = first;
    this.#turn(first, count);
    let longest = 0;
    for (const [at, row] of this.#rows.entries()) {
      row.show(first + at, this.#owner.line(first + at));
      row.element.style.transform = `translateY(${at * this.#rowHeight}px)`;
      longest = Math.max(longest, row.length);
    }
    this.#layer.style.transform = `translateY(${first * this.#rowHeight - this.#top}px)`;
    const width = Math.ceil(longest * this.#characterWidth) + 96;
    if (width > this.#width) {
      // Wider only: a page that gets narrower while one scrolls would jump sideways.
      this.#width = width;
      this.#spacer.style.minWidth = `${width}px`;
    }
    this.#owner.drawn(this.#rows);
  }

  /** As many rows as needed, those that stay in view kept: they are not drawn again, and stay in reading order. */
  #turn(first: number, count: number): void {
    while (this.#rows.length > count) {
      this.#rows.pop()?.element.remove();
    }
    while (this.#rows.length < count) {
      const row = new RowView(this.#styles);
      this.#rows.push(row);
      this.#layer.append(row.element);
    }
    const offset = first - (this.#rows[0]?.line ?? first);
    if (offset === 0 || Math.abs(offset) >= count) {
      return;
    }
    const moved = offset > 0 ? this.#rows.splice(0, offset) : this.#rows.splice(offset);
    if (offset > 0) {
      this.#rows.push(...moved);
      this.#layer.append(...moved.map((row) => row.element));
    } else {
      this.#rows.unshift(...moved);
      this.#layer.prepend(...moved.map((row) => row.element));
    }
  }
}
