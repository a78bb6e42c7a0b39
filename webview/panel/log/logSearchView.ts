import { mostMatches, type SearchQuery } from '../../../src/protocol/logLine';
import type { ToWebview } from '../../../src/protocol/messages';
import { MatchList, type Match } from './matchList';

type Matches = Extract<ToWebview, { type: 'log.matches' }>;

export interface SearchOwner {
  start(search: number, query: SearchQuery): void;
  end(): void;
  /** First line in view, where a new search begins. */
  firstLine(): number;
  reveal(match: Match): void;
  changed(): void;
}

/** The matches of the search that is on, and which of them is the current one. */
export class LogSearchView {
  readonly matches = new MatchList();
  readonly #owner: SearchOwner;
  #search = 0;
  #active = false;
  #done = false;
  #capped = false;
  #generation = -1;
  /** Where the first current match is looked for; undefined: at the first line in view. */
  #from: { line: number; start: number } | undefined;
  /** Index of the current match; -1 while there is none. */
  #current = -1;
  #reveal = true;

  constructor(owner: SearchOwner) {
    this.#owner = owner;
  }

  get active(): boolean {
    return this.#active;
  }

  get current(): Match | undefined {
    return this.matches.at(this.#current);
  }

  /** `3 of 12`, `No results`, `100,000+`. */
  get status(): { text: string; none: boolean } {
    if (!this.#active) {
      return { text: '', none: false };
    }
    const { count } = this.matches;
    if (count === 0) {
      return this.#done ? { text: 'No results', none: true } : { text: 'Searching…', none: false };
    }
    const total = this.#capped ? `${mostMatches.toLocaleString('en')}+` : count.toLocaleString('en');
    const at = this.#current < 0 ? '?' : (this.#current + 1).toLocaleString('en');
    return { text: `${at} of ${total}${this.#done ? '' : '…'}`, none: false };
  }

  /** Starts anew, at `at` or in view. With `reveal` the view goes to the first match from there on. */
  start(
    query: SearchQuery,
    { reveal, at }: { reveal: boolean; at?: { line: number; start: number } | undefined },
  ): void {
    this.#reset();
    this.#search += 1;
    this.#active = query.text !== '';
    this.#reveal = reveal;
    // A restored view may be brought to its place only after its search has begun.
    this.#from = at ?? (reveal ? { line: this.#owner.firstLine(), start: 0 } : undefined);
    if (this.#active) {
      this.#owner.start(this.#search, query);
    } else {
      this.#owner.end();
    }
    this.#owner.changed();
  }

  end(): void {
    if (this.#active) {
      this.#active = false;
      this.#search += 1;
      this.#reset();
      this.#owner.end();
      this.#owner.changed();
    }
  }

  receive(message: Matches): void {
    if (message.search !== this.#search || !this.#active) {
      return;
    }
    if (message.generation !== this.#generation) {
      this.#generation = message.generation;
      this.matches.clear();
      this.#current = -1;
    }
    this.matches.add(message.dropFrom, message.matches);
    this.#done = message.done;
    this.#capped = message.capped;
    this.#choose();
    this.#owner.changed();
  }

  /** True for the search that is on. */
  failed(search: number): boolean {
    if (search !== this.#search || !this.#active) {
      return false;
    }
    this.#active = false;
    this.#reset();
    return true;
  }

  /** Goes round at both ends. */
  step(by: 1 | -1): void {
    const { count } = this.matches;
    if (count === 0) {
      return;
    }
    const start =
      this.#current < 0 ? this.matches.firstFrom(this.#owner.firstLine(), 0) - (by === 1 ? 1 : 0) : this.#current;
    this.#current = (start + by + count) % count;
    this.#show();
    this.#owner.changed();
  }

  #choose(): void {
    if (this.#current >= this.matches.count) {
      this.#current = this.matches.count - 1;
    }
    if (this.#current >= 0 || this.matches.count === 0) {
      return;
    }
    const { line, start } = this.#from ?? { line: this.#owner.firstLine(), start: 0 };
    const next = this.matches.firstFrom(line, start);
    if (next < this.matches.count) {
      this.#current = next;
    } else if (this.#done) {
      this.#current = 0;
    } else {
      return;
    }
    if (this.#reveal) {
      this.#show();
    }
  }

  #show(): void {
    const match = this.current;
    if (match) {
      this.#owner.reveal(match);
    }
  }

  #reset(): void {
    this.matches.clear();
    this.#current = -1;
    this.#done = false;
    this.#capped = false;
    this.#generation = -1;
  }
}
