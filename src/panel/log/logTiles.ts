import type { Disposable } from '../../core/event';
import type { LogPosition, SearchQuery } from '../../protocol/logLine';
import type { LogStatus, ToHost, ToWebview } from '../../protocol/messages';
import { findLinkTarget } from './linkTarget';
import { mostCopied, textBetween } from './logCopy';
import { LogFile } from './logFile';
import { LogSearch } from './logSearch';
import { compileQuery } from './matcher';
import { withSentCode } from './sentCode';

export type LogMessage = Exclude<Extract<ToHost, { tile: string }>, { type: 'log.view' }>;

/** Where a log is on this machine. */
export interface LogLocation {
  path: string;
  /** Name for a copy of it. */
  fileName: string;
  /** Where relative paths in it are looked for, in this order. */
  directories: readonly string[];
  /** Places on this machine of a path that is another machine's. */
  local?: (path: string) => readonly string[];
  /** Scripts that it may tell of, absolute: their functions are named without a file where they ran on workers. */
  scripts?: readonly string[];
}

/** What only VS Code can do. */
export interface LogActions {
  copy(text: string): Promise<void>;
  /** 1-based line and column. */
  openFile(path: string, line?: number, column?: number): Promise<void>;
  saveCopy(path: string, fileName: string): Promise<void>;
}

interface OpenLog {
  source: string;
  location: LogLocation;
  file: LogFile;
  subscription: Disposable;
  search?: { running: LogSearch; id: number; query: SearchQuery; generation: number };
}

/**
 * The host's side of all log tiles of one panel. A log that is shown is followed; one that is not costs
 * nothing but its index, which makes it quick to come back to.
 */
export class LogTiles implements Disposable {
  readonly #post: (message: ToWebview) => void;
  readonly #locate: (source: string) => LogLocation | undefined;
  readonly #actions: LogActions;
  readonly #searchWorker: string;
  readonly #open = new Map<string, OpenLog>();
  /** Tiles whose log is not known yet, with the source that they ask for. */
  readonly #waiting = new Map<string, string>();
  readonly #files = new Map<string, LogFile>();

  /** `searchWorker` is the path of the script that searches, see {@link LogSearch}. */
  constructor(
    post: (message: ToWebview) => void,
    locate: (source: string) => LogLocation | undefined,
    actions: LogActions,
    searchWorker: string,
  ) {
    this.#post = post;
    this.#locate = locate;
    this.#actions = actions;
    this.#searchWorker = searchWorker;
  }

  /** What the tiles show or wait for. */
  get sources(): readonly string[] {
    return [...[...this.#open.values()].map(({ source }) => source), ...this.#waiting.values()];
  }

  async handle(message: LogMessage): Promise<void> {
    if (message.type === 'log.open') {
      this.#openLog(message.tile, message.source);
      return;
    }
    const log = this.#open.get(message.tile);
    if (message.type === 'log.close') {
      this.#close(message.tile);
    } else if (log) {
      await this.#handleOpen(message, log);
    }
  }

  /** New logs are there: tiles that wait for one get it. */
  sourcesChanged(): void {
    for (const [tile, source] of [...this.#waiting]) {
      this.#openLog(tile, source);
    }
  }

  /** The webview is gone or hidden: nothing is watched, read or searched until it opens its logs again. */
  pause(): void {
    for (const tile of [...this.#open.keys()]) {
      this.#close(tile);
    }
    this.#waiting.clear();
  }

  dispose(): void {
    this.pause();
    for (const file of this.#files.values()) {
      file.dispose();
    }
    this.#files.clear();
  }

  async #handleOpen(message: Exclude<LogMessage, { type: 'log.open' | 'log.close' }>, log: OpenLog): Promise<void> {
    const { tile } = message;
    switch (message.type) {
      case 'log.lines': {
        const { request, first, count } = message;
        const { generation, lines } = await log.file.lines(first, count);
        const linked = await withSentCode(lines, log.location.scripts ?? []);
        this.#post({ type: 'log.lines', tile, request, generation, first, lines: linked });
        break;
      }
      case 'log.search':
        this.#search(tile, log, message.search, message.query);
        break;
      case 'log.searchEnd':
        endSearch(log);
        break;
      case 'log.copy':
        await this.#copy(tile, log, message.from, message.to);
        break;
      case 'log.openInEditor':
        await this.#actions.openFile(log.location.path);
        break;
      case 'log.save':
        await this.#actions.saveCopy(log.location.path, log.location.fileName);
        break;
      case 'log.link': {
        const found = await findLinkTarget(message.path, log.location.directories, log.location.local);
        if (found === undefined) {
          this.#post({ type: 'notice', tile, message: `${message.path} is not on this machine.` });
        } else {
          await this.#actions.openFile(found, message.line, message.column);
        }
        break;
      }
    }
  }

  #openLog(tile: string, source: string): void {
    this.#close(tile);
    const location = this.#locate(source);
    if (!location) {
      this.#waiting.set(tile, source);
      return;
    }
    this.#waiting.delete(tile);
    const file = this.#files.get(location.path) ?? new LogFile(location.path);
    this.#files.set(location.path, file);
    const log: OpenLog = {
      source,
      location,
      file,
      subscription: file.onDidChange(() => this.#changed(tile, log)),
    };
    this.#open.set(tile, log);
    file.watch();
    if (file.state !== 'unread') {
      this.#changed(tile, log);
    }
  }

  #close(tile: string): void {
    this.#waiting.delete(tile);
    const log = this.#open.get(tile);
    if (!log) {
      return;
    }
    this.#open.delete(tile);
    endSearch(log);
    log.subscription.dispose();
    if (![...this.#open.values()].some(({ file }) => file === log.file)) {
      log.file.unwatch();
    }
  }

  #changed(tile: string, log: OpenLog): void {
    const { generation, lineCount, state, failure, size } = log.file;
    const status: LogStatus = { generation, lineCount, state, ...(state === 'failed' ? { failure } : {}) };
    this.#post({ type: 'log.status', tile, source: log.source, status });
    if (log.search && log.search.generation !== generation) {
      this.#search(tile, log, log.search.id, log.search.query);
    } else {
      log.search?.running.extend(size);
    }
  }

  #search(tile: string, log: OpenLog, id: number, query: SearchQuery): void {
    endSearch(log);
    const failed = (message: string): void => this.#post({ type: 'log.searchFailed', tile, search: id, message });
    try {
      compileQuery(query);
    } catch (error) {
      failed(`This is not a regular expression: ${reasonOf(error)}`);
      return;
    }
    const { generation } = log.file;
    const running = new LogSearch(this.#searchWorker, log.location.path, query, {
      batch: ({ dropFrom, matches, done, capped }) => {
        if (matches.length > 0 || done) {
          this.#post({ type: 'log.matches', tile, search: id, generation, dropFrom, matches, done, capped });
        }
      },
      failed,
    });
    log.search = { running, id, query, generation };
    running.extend(log.file.size);
    if (log.file.size === 0) {
      this.#post({
        type: 'log.matches',
        tile,
        search: id,
        generation,
        dropFrom: 0,
        matches: [],
        done: true,
        capped: false,
      });
    }
  }

  async #copy(tile: string, log: OpenLog, from: LogPosition, to: LogPosition): Promise<void> {
    const text = await textBetween(log.file, from, to);
    if (text === undefined) {
      const most = (mostCopied / 1_000_000).toFixed(0);
      const message = `The selection is longer than ${most} million characters. Use “Save output as…” in the log's menu.`;
      this.#post({ type: 'notice', tile, message });
    } else if (text !== '') {
      await this.#actions.copy(text);
    }
  }
}

function endSearch(log: OpenLog): void {
  log.search?.running.dispose();
  delete log.search;
}

/** V8 says `Invalid regular expression: /(/u: Unterminated group`: the last part is for people. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(message.lastIndexOf(': ') + 1).trim();
}
