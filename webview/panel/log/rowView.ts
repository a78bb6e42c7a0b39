import { describeHidden, type LogLine } from '../../../src/protocol/logLine';
import { element } from '../shared/dom';
import { findLinks, type Link } from './links';
import type { StyleCache, TextStyle } from './sgrStyle';

interface Piece {
  node: Text;
  start: number;
}

/** One row in the page. It is used again for another line when it scrolls out. */
export class RowView {
  readonly element = element('div', { class: 'log-row' });
  readonly #number = element('span', { class: 'log-number', attributes: { 'aria-hidden': 'true' } });
  readonly #text = element('span', { class: 'log-text' });
  readonly #styles: StyleCache;
  #pieces: Piece[] = [];
  #links: readonly Link[] = [];
  #data: LogLine | undefined;
  #line = -1;

  constructor(styles: StyleCache) {
    this.#styles = styles;
    this.element.append(this.#number, this.#text);
  }

  get line(): number {
    return this.#line;
  }

  get length(): number {
    return this.#data?.text.length ?? 0;
  }

  get text(): string {
    return this.#data?.text ?? '';
  }

  get links(): readonly Link[] {
    return this.#links;
  }

  show(line: number, data: LogLine | undefined): void {
    if (line !== this.#line) {
      this.#line = line;
      this.#number.textContent = (line + 1).toLocaleString('en');
    } else if (data === this.#data) {
      return;
    }
    if (data !== this.#data || data === undefined) {
      this.#data = data;
      this.#draw();
    }
  }

  /** The text node and offset of a column; undefined in a row without text. */
  place(column: number): [Text, number] | undefined {
    for (let at = this.#pieces.length - 1; at >= 0; at -= 1) {
      const piece = this.#pieces[at] as Piece;
      if (column >= piece.start) {
        return [piece.node, Math.min(column - piece.start, piece.node.length)];
      }
    }
    return undefined;
  }

  /** The column nearest to a point of the window: any script, any width of characters. */
  columnAt(x: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#middleOf(middle) <= x) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Left edge of a column in the window's pixels. */
  leftOf(column: number): number {
    const place = this.place(column);
    if (!place) {
      return this.#text.getBoundingClientRect().left;
    }
    const range = document.createRange();
    range.setStart(...place);
    range.collapse(true);
    return range.getBoundingClientRect().left;
  }

  #middleOf(column: number): number {
    const from = this.place(column);
    if (!from) {
      return 0;
    }
    const range = document.createRange();
    range.setStart(...from);
    range.setEnd(from[0], Math.min(from[1] + 1, from[0].length));
    const rect = range.getBoundingClientRect();
    return rect.left + rect.width / 2;
  }

  #draw(): void {
    this.#pieces = [];
    const { text = '', styles = [], hidden, links = [] } = this.#data ?? {};
    this.#links = text === '' ? [] : findLinks(text, links);
    const parts: Node[] = [];
    let at = 0;
    for (const [start, end, sgr] of styles) {
      this.#stretch(parts, text, at, start, undefined);
      this.#stretch(parts, text, start, end, this.#styles.of(sgr));
      at = end;
    }
    this.#stretch(parts, text, at, text.length, undefined);
    if (hidden) {
      parts.push(element('span', { class: 'log-hidden', text: ` ${describeHidden(hidden)}` }));
    }
    this.#text.replaceChildren(...parts);
  }

  /** One style from `start` to `end`, cut where links begin and end. */
  #stretch(parts: Node[], text: string, start: number, end: number, style: TextStyle | undefined): void {
    let at = start;
    for (const link of this.#links) {
      if (link.end > at && link.start < end) {
        this.#piece(parts, text, at, Math.max(at, link.start), style, undefined);
        const stop = Math.min(end, link.end);
        this.#piece(parts, text, Math.max(at, link.start), stop, style, link);
        at = stop;
      }
    }
    this.#piece(parts, text, at, end, style, undefined);
  }

  #piece(
    parts: Node[],
    text: string,
    start: number,
    end: number,
    style: TextStyle | undefined,
    link: Link | undefined,
  ): void {
    if (start >= end) {
      return;
    }
    const node = document.createTextNode(text.slice(start, end));
    this.#pieces.push({ node, start });
    if (!style && !link) {
      parts.push(node);
      return;
    }
    const wrap = link ? linkElement(link) : document.createElement('span');
    for (const [name, value] of Object.entries(style ?? {})) {
      wrap.style.setProperty(name, value);
    }
    wrap.append(node);
    parts.push(wrap);
  }
}

function linkElement(link: Link): HTMLElement {
  return element('span', {
    class: 'log-link',
    title: `Open ${link.path} at line ${link.line}`,
    attributes: { role: 'link', tabindex: '0', 'data-start': String(link.start) },
  });
}
