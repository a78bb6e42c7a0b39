import type { LogPosition } from '../../../src/protocol/logLine';
import type { Link } from './links';
import type { LogViewport } from './logViewport';
import type { RowView } from './rowView';
import { wordAt, type LogSelection } from './selection';

export interface InputOwner {
  selectionChanged(): void;
  copy(): void;
  openLink(link: Link): void;
  find(): void;
  toEnd(): void;
}

/** Pointer and keyboard of a log: selecting across rows that come and go, copying, links, moving. */
export class ViewportInput {
  readonly #viewport: LogViewport;
  readonly #selection: LogSelection;
  readonly #owner: InputOwner;
  #dragging = false;
  #pointer = { x: 0, y: 0 };
  #pressedLink: Link | undefined;

  constructor(viewport: LogViewport, selection: LogSelection, owner: InputOwner) {
    this.#viewport = viewport;
    this.#selection = selection;
    this.#owner = owner;
    const target = viewport.element;
    target.addEventListener('pointerdown', (event) => this.#press(event));
    target.addEventListener('pointermove', (event) => this.#drag(event));
    target.addEventListener('pointerup', (event) => this.#release(event));
    target.addEventListener('lostpointercapture', () => (this.#dragging = false));
    target.addEventListener('dblclick', (event) => this.#selectWord(event));
    target.addEventListener('keydown', (event) => this.#key(event));
    target.addEventListener('copy', (event) => {
      event.preventDefault();
      this.#owner.copy();
    });
  }

  selectAll(): void {
    const last = this.#viewport.lineCount - 1;
    if (last >= 0) {
      this.#selection.set({ line: 0, column: 0 }, { line: last, column: 1_000_000_000 });
      this.#owner.selectionChanged();
    }
  }

  #press(event: PointerEvent): void {
    const target = this.#viewport.element;
    const onScrollBar =
      event.offsetX > target.clientWidth + target.scrollLeft && event.target === target
        ? true
        : this.#offContent(event);
    if (event.button !== 0 || onScrollBar) {
      return;
    }
    const at = this.#positionOf(event.clientX, event.clientY);
    if (!at) {
      return;
    }
    this.#pressedLink = this.#linkOf(event.target);
    if (event.shiftKey) {
      this.#selection.extend(at);
    } else {
      this.#selection.start(at);
    }
    this.#dragging = true;
    target.setPointerCapture(event.pointerId);
    this.#owner.selectionChanged();
  }

  #offContent(event: PointerEvent): boolean {
    const rect = this.#viewport.element.getBoundingClientRect();
    const { clientWidth, clientHeight } = this.#viewport.element;
    return event.clientX - rect.left >= clientWidth || event.clientY - rect.top >= clientHeight;
  }

  #drag(event: PointerEvent): void {
    if (!this.#dragging) {
      return;
    }
    const outside = this.#outside();
    this.#pointer = { x: event.clientX, y: event.clientY };
    this.#extend();
    if (outside === 0 && this.#outside() !== 0) {
      this.#scrollWhileOutside();
    }
  }

  /** Lines beyond the edge that the pointer is at. */
  #outside(): number {
    const rect = this.#viewport.element.getBoundingClientRect();
    const { y } = this.#pointer;
    const beyond = y < rect.top ? y - rect.top : y > rect.bottom ? y - rect.bottom : 0;
    return Math.sign(beyond) * Math.ceil(Math.abs(beyond) / this.#viewport.rowHeight);
  }

  #scrollWhileOutside(): void {
    requestAnimationFrame(() => {
      const lines = this.#outside();
      if (this.#dragging && lines !== 0) {
        this.#viewport.scrollByLines(lines);
        this.#extend();
        this.#scrollWhileOutside();
      }
    });
  }

  #extend(): void {
    const at = this.#positionOf(this.#pointer.x, this.#pointer.y);
    if (at) {
      this.#selection.extend(at);
      this.#owner.selectionChanged();
    }
  }

  #release(event: PointerEvent): void {
    if (!this.#dragging) {
      return;
    }
    this.#dragging = false;
    this.#viewport.element.releasePointerCapture(event.pointerId);
    if (this.#pressedLink && this.#selection.empty) {
      this.#owner.openLink(this.#pressedLink);
    }
    this.#pressedLink = undefined;
  }

  #selectWord(event: MouseEvent): void {
    const row = this.#viewport.rowAt(event.clientY);
    if (row && row.length > 0) {
      const { start, end } = wordAt(row.text, Math.max(0, row.columnAt(event.clientX) - 1));
      this.#selection.set({ line: row.line, column: start }, { line: row.line, column: end });
      this.#owner.selectionChanged();
    }
  }

  #key(event: KeyboardEvent): void {
    const command = event.ctrlKey || event.metaKey;
    const link = event.key === 'Enter' ? this.#linkOf(event.target) : undefined;
    if (link) {
      this.#owner.openLink(link);
    } else if (!(command ? this.#commandKey(event) : this.#moveKey(event.key))) {
      return;
    }
    event.preventDefault();
  }

  #commandKey(event: KeyboardEvent): boolean {
    const key = event.key.toLowerCase();
    switch (key) {
      case 'a':
        this.selectAll();
        // VS Code would select the text of the whole panel besides.
        event.stopPropagation();
        return true;
      case 'c':
      case 'insert':
        this.#owner.copy();
        return true;
      case 'f':
        this.#owner.find();
        return true;
      default:
        return this.#moveKey(key === 'home' ? 'Home' : key === 'end' ? 'End' : '');
    }
  }

  #moveKey(key: string): boolean {
    const page = Math.max(1, this.#viewport.pageLines - 1);
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: -this.#viewport.lineCount,
    };
    const step = steps[key];
    if (step !== undefined) {
      this.#viewport.scrollByLines(step);
    } else if (key === 'End') {
      this.#owner.toEnd();
    } else if (key === 'Escape' && !this.#selection.empty) {
      this.#selection.clear();
      this.#owner.selectionChanged();
    } else {
      return false;
    }
    return true;
  }

  #positionOf(x: number, y: number): LogPosition | undefined {
    const row = this.#viewport.rowAt(y);
    return row && { line: row.line, column: row.columnAt(x) };
  }

  #linkOf(target: EventTarget | null): Link | undefined {
    const found = target instanceof Element ? target.closest<HTMLElement>('.log-link') : null;
    const row: RowView | undefined = found ? this.#viewport.rows.find((one) => one.element.contains(found)) : undefined;
    return row?.links.find((link) => String(link.start) === found?.dataset['start']);
  }
}
