import type { LogStatus, ToWebview } from '../../../src/protocol/messages';
import type { LogView } from '../../../src/protocol/logView';
import type { PanelState } from '../../../src/protocol/panelState';
import type { Bridge } from '../shared/bridge';
import { element, iconButton, setPressed } from '../shared/dom';
import type { MenuItem } from '../shared/menu';
import { FindBar } from './findBar';
import type { Highlights } from './highlights';
import { LineCache } from './lineCache';
import { LogMarks } from './logMarks';
import { LogNotes } from './logNotes';
import { LogSearchView } from './logSearchView';
import { LogTail } from './logTail';
import { LogViewport } from './logViewport';
import { RunBar } from './runBar';
import { LogSelection } from './selection';
import { SourcePicker } from './sourcePicker';
import { ViewportInput } from './viewportInput';

export interface LogTileOptions {
  id: string;
  bridge: Bridge;
  highlights: Highlights;
  view: LogView;
}

/** A log with its bar: which log, find, follow. */
export class LogTile {
  readonly body = element('div', { class: 'log-tile' });
  readonly controls: readonly HTMLElement[];
  readonly #id: string;
  readonly #bridge: Bridge;
  #view: LogView;
  /** A change of the view is about to be told. */
  #telling = false;

  readonly #cache: LineCache;
  readonly #viewport: LogViewport;
  readonly #selection = new LogSelection();
  readonly #input: ViewportInput;
  readonly #tail: LogTail;
  readonly #marks: LogMarks;
  readonly #search: LogSearchView;
  readonly #find: FindBar;
  readonly #runBar: RunBar;
  readonly #picker = new SourcePicker((source) => this.open(source));
  readonly #followButton: HTMLButtonElement;
  readonly #notes = new LogNotes();

  #state: PanelState | undefined;
  #source: string | undefined;
  #status: LogStatus = { generation: -1, lineCount: 0, state: 'unread' };

  constructor(options: LogTileOptions) {
    const { id, bridge, view } = options;
    this.#id = id;
    this.#bridge = bridge;
    this.#view = view;
    this.#cache = new LineCache(
      (request, first, count) => bridge.post({ type: 'log.lines', tile: id, request, first, count }),
      () => this.#tail.linesArrived(),
    );
    this.#viewport = new LogViewport({
      line: (line) => this.#cache.get(line),
      range: (first, last, ahead) => this.#cache.want(first, last, ahead),
      drawn: (rows) => this.#marks.paint(rows),
      moved: () => this.#moved(),
    });
    this.#tail = new LogTail(this.#cache, this.#viewport);
    this.#input = new ViewportInput(this.#viewport, this.#selection, {
      selectionChanged: () => this.#viewport.invalidate(),
      copy: () => this.#copy(),
      openLink: ({ path, line, column }) =>
        bridge.post({ type: 'log.link', tile: id, path, line, ...(column === undefined ? {} : { column }) }),
      find: () => this.#openFind(),
      toEnd: () => this.#setFollow(true),
    });
    this.#search = new LogSearchView({
      start: (search, query) => bridge.post({ type: 'log.search', tile: id, search, query }),
      end: () => bridge.post({ type: 'log.searchEnd', tile: id }),
      firstLine: () => this.#viewport.firstLine,
      reveal: ({ line, start }) => this.#viewport.reveal(line, start),
      changed: () => this.#searchChanged(),
    });
    this.#marks = new LogMarks(options.highlights.forTile(), this.#selection, this.#search);
    this.#find = new FindBar(view.find, {
      query: (query) => {
        this.#find.showError('');
        this.#search.start(query, { reveal: true });
        this.#remember({ find: { ...query, open: true, at: undefined } });
      },
      step: (by) => this.#search.step(by),
      closed: () => {
        this.#search.end();
        this.#remember({ find: { ...this.#view.find, open: false, at: undefined } });
        this.#viewport.element.focus();
      },
    });
    this.#runBar = new RunBar({
      run: (action, runId) => bridge.post({ type: 'run', action, runId }),
      openLocation: (runId) => bridge.post({ type: 'run.location', runId }),
    });
    this.#followButton = iconButton('follow', 'Follow output', () => this.#setFollow(!this.#viewport.follow));
    setPressed(this.#followButton, view.follow);
    this.controls = [
      this.#picker.element,
      iconButton('search', 'Find in log', () => this.#openFind()),
      this.#followButton,
    ];
    this.#viewport.follow = view.follow;
    const area = element('div', { class: 'log-area' }, this.#viewport.element, this.#notes.note, this.#notes.notice);
    this.body.append(this.#runBar.element, this.#find.element, area);
    this.body.classList.toggle('log-numbered', view.lineNumbers);
    this.body.addEventListener('keydown', (event) => this.#key(event));
  }

  get menuItems(): MenuItem[] {
    const { lineNumbers } = this.#view;
    const post = (type: 'log.openInEditor' | 'log.save'): void => this.#bridge.post({ type, tile: this.#id });
    return [
      { label: 'Line numbers', checked: lineNumbers, run: () => this.#setLineNumbers(!lineNumbers) },
      { label: 'Copy all', run: () => this.#copyAll() },
      { label: 'Save output as…', run: () => post('log.save') },
      { label: 'Open log file in editor', run: () => post('log.openInEditor') },
    ];
  }

  /** The cluster, its runs or its logs have changed. */
  update(state: PanelState, preferred: string | undefined): void {
    this.#state = state;
    this.#picker.show(state.sources, this.#source);
    const known = (id: string | undefined): string | undefined => state.sources.find((one) => one.id === id)?.id;
    // The log that was shown last may still be found.
    const waits = state.listing && this.#view.source !== undefined;
    const first = known(this.#view.source) ?? (waits ? undefined : state.sources[0]?.id);
    const wanted = known(preferred) ?? (this.#source === undefined ? first : undefined);
    if (wanted !== undefined) {
      this.open(wanted);
    }
    this.#drawStatus();
  }

  open(source: string): void {
    if (source === this.#source) {
      return;
    }
    const restoring = this.#source === undefined && source === this.#view.source;
    this.#source = source;
    this.#status = { generation: -1, lineCount: 0, state: 'unread' };
    this.#selection.clear();
    this.#tail.reset(restoring && !this.#view.follow ? this.#view : undefined);
    this.#picker.show(this.#state?.sources ?? [], source);
    if (!restoring) {
      this.#setFollow(true);
    }
    this.#remember({ source });
    this.#bridge.post({ type: 'log.open', tile: this.#id, source });
    if (this.#view.find.open) {
      this.#find.open(false);
      this.#search.start(this.#find.query, { reveal: false, ...(restoring ? { at: this.#view.find.at } : {}) });
    }
    this.#drawStatus();
  }

  receive(message: ToWebview): void {
    switch (message.type) {
      case 'log.status':
        if (message.source === this.#source) {
          this.#statusChanged(message.status);
        }
        break;
      case 'log.lines':
        this.#cache.receive(message.request, message.generation, message.first, message.lines);
        break;
      case 'log.matches':
        this.#search.receive(message);
        break;
      case 'log.searchFailed':
        if (this.#search.failed(message.search)) {
          this.#searchChanged();
          this.#find.showError(message.message);
        }
        break;
      case 'notice':
        this.#notes.notify(message.message);
        break;
      case 'setup':
      case 'state':
      case 'source':
        break;
    }
  }

  focus(): void {
    this.#viewport.element.focus();
  }

  dispose(): void {
    this.#marks.dispose();
    this.#runBar.dispose();
    this.#viewport.dispose();
    this.#bridge.post({ type: 'log.close', tile: this.#id });
  }

  #statusChanged(status: LogStatus): void {
    const anew = status.generation !== this.#status.generation;
    const grown = status.lineCount !== this.#status.lineCount;
    this.#status = status;
    this.#cache.setLineCount(status.generation, status.lineCount);
    if (anew) {
      this.#selection.clear();
    } else if (!grown) {
      this.#cache.touchLast();
    }
    this.#tail.grown(status);
    this.#drawStatus();
  }

  #moved(): void {
    setPressed(this.#followButton, this.#viewport.follow);
    if (!this.#viewport.follow) {
      this.#tail.left();
    }
    this.#remember({ ...this.#place(), left: Math.round(this.#viewport.element.scrollLeft) });
  }

  /** The end moves with each line: while it is followed, where it is does not matter. */
  #place(): Pick<LogView, 'follow' | 'line'> {
    const { follow, firstLine } = this.#viewport;
    return { follow, line: follow ? 0 : firstLine };
  }

  #setFollow(follow: boolean): void {
    this.#viewport.follow = follow;
    setPressed(this.#followButton, follow);
    this.#remember(this.#place());
  }

  #setLineNumbers(lineNumbers: boolean): void {
    this.body.classList.toggle('log-numbered', lineNumbers);
    this.#remember({ lineNumbers });
  }

  #openFind(): void {
    this.#find.open(true);
    if (!this.#search.active && this.#find.query.text !== '') {
      this.#search.start(this.#find.query, { reveal: false });
    }
    this.#remember({ find: { ...this.#view.find, ...this.#find.query, open: true } });
  }

  #searchChanged(): void {
    const { text, none } = this.#search.status;
    this.#find.showStatus(text, none);
    this.#viewport.invalidate();
    const { current } = this.#search;
    const { find } = this.#view;
    if (current && (current.line !== find.at?.line || current.start !== find.at.start)) {
      this.#remember({ find: { ...find, at: { line: current.line, start: current.start } } });
    }
  }

  #copy(): void {
    const range = this.#selection.range;
    if (range) {
      this.#bridge.post({ type: 'log.copy', tile: this.#id, ...range });
    }
  }

  #copyAll(): void {
    this.#input.selectAll();
    this.#copy();
  }

  #key(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'f') {
      this.#openFind();
      event.preventDefault();
    } else if (event.key === 'F3' && !event.defaultPrevented) {
      this.#search.step(event.shiftKey ? -1 : 1);
      event.preventDefault();
    }
  }

  #drawStatus(): void {
    const source = this.#state?.sources.find(({ id }) => id === this.#source);
    const run = this.#state?.runs.find(({ id }) => id === source?.runId);
    this.#runBar.show(run);
    this.#notes.show(this.#status, source, run?.endedAt !== undefined);
  }

  #remember(change: Partial<LogView>): void {
    const keys = Object.keys(change) as (keyof LogView)[];
    if (keys.every((key) => change[key] === this.#view[key])) {
      return;
    }
    this.#view = { ...this.#view, ...change };
    if (!this.#telling) {
      // At once, as the page may be gone in the next frame.
      this.#telling = true;
      queueMicrotask(() => {
        this.#telling = false;
        this.#bridge.post({ type: 'log.view', tile: this.#id, view: this.#view });
      });
    }
  }
}
