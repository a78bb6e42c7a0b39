import type { SearchQuery } from '../../../src/protocol/logLine';
import { element, iconButton, setPressed, setText, type IconName } from '../shared/dom';

export interface FindOwner {
  /** What is searched for has changed; empty text ends the search. */
  query(query: SearchQuery): void;
  step(by: 1 | -1): void;
  closed(): void;
}

type Option = 'matchCase' | 'wholeWord' | 'regex';

/** The find bar of a log, as VS Code's own: Enter and Shift+Enter go on, Escape closes. */
export class FindBar {
  readonly element = element('div', { class: 'find-bar', attributes: { role: 'search', 'aria-label': 'Find in log' } });
  readonly #owner: FindOwner;
  readonly #input = element('input', {
    class: 'find-input',
    attributes: { type: 'text', 'aria-label': 'Find', placeholder: 'Find', spellcheck: 'false', maxlength: '1000' },
  });
  readonly #status = element('span', { class: 'find-status', attributes: { role: 'status', 'aria-live': 'polite' } });
  readonly #error = element('div', { class: 'find-error', attributes: { role: 'alert' } });
  readonly #toggles = new Map<Option, HTMLButtonElement>();
  #query: SearchQuery;
  #typing = 0;

  constructor(query: SearchQuery, owner: FindOwner) {
    this.#owner = owner;
    this.#query = query;
    this.#input.value = query.text;
    this.#input.addEventListener('input', () => this.#typed());
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.append(
      element(
        'div',
        { class: 'find-box' },
        this.#input,
        this.#toggle('matchCase', 'caseSensitive', 'Match case (Alt+C)'),
        this.#toggle('wholeWord', 'wholeWord', 'Match whole word (Alt+W)'),
        this.#toggle('regex', 'regex', 'Use regular expression (Alt+R)'),
      ),
      element(
        'div',
        { class: 'find-actions' },
        this.#status,
        iconButton('arrowUp', 'Previous match (Shift+Enter)', () => owner.step(-1)),
        iconButton('arrowDown', 'Next match (Enter)', () => owner.step(1)),
        iconButton('close', 'Close (Escape)', () => this.close()),
      ),
      this.#error,
    );
    this.element.hidden = true;
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  get query(): SearchQuery {
    return this.#query;
  }

  open(focus: boolean): void {
    this.element.hidden = false;
    if (focus) {
      this.#input.focus();
      this.#input.select();
    }
  }

  close(): void {
    this.element.hidden = true;
    this.#owner.closed();
  }

  showStatus(text: string, none = false): void {
    setText(this.#status, text);
    this.#status.classList.toggle('find-none', none);
  }

  /** A pattern that is none, or takes too long. */
  showError(message: string): void {
    setText(this.#error, message);
    this.#error.hidden = message === '';
    this.#input.setAttribute('aria-invalid', String(message !== ''));
  }

  #typed(): void {
    // Each letter would be a search of its own.
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#changed({ text: this.#input.value }), 120);
  }

  #changed(change: Partial<SearchQuery>): void {
    this.#query = { ...this.#query, ...change };
    this.#owner.query(this.#query);
  }

  #toggle(option: Option, name: IconName, label: string): HTMLButtonElement {
    const button = iconButton(name, label, () => {
      this.#changed({ [option]: !this.#query[option] });
      setPressed(button, this.#query[option]);
    });
    setPressed(button, this.#query[option]);
    this.#toggles.set(option, button);
    return button;
  }

  #key(event: KeyboardEvent): void {
    const options: Record<string, Option> = { KeyC: 'matchCase', KeyW: 'wholeWord', KeyR: 'regex' };
    const option = event.altKey ? options[event.code] : undefined;
    if (event.key === 'Escape') {
      this.close();
    } else if (event.key === 'F3' || (event.key === 'Enter' && event.target === this.#input)) {
      this.#owner.step(event.shiftKey ? -1 : 1);
    } else if (option) {
      this.#toggles.get(option)?.click();
    } else {
      return;
    }
    event.preventDefault();
  }
}
