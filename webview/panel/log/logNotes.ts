import type { LogStatus } from '../../../src/protocol/messages';
import type { PanelLogSource } from '../../../src/protocol/panelState';
import { element, setText } from '../shared/dom';
import { noteText } from './noteText';

/** How long a notice stays. Milliseconds. */
const noticeTime = 6_000;

/** What is said over a log: why it is empty, and what could not be done. */
export class LogNotes {
  readonly note = element('div', { class: 'log-note', attributes: { role: 'status' } });
  readonly notice = element('div', { class: 'log-notice', attributes: { role: 'status' } });
  #timer = 0;

  constructor() {
    this.notice.hidden = true;
  }

  /** `ended`: the run whose output it is has ended. */
  show(status: LogStatus, source: PanelLogSource | undefined, ended: boolean): void {
    setText(this.note, noteText(status, source, ended));
    this.note.hidden = this.note.textContent === '';
  }

  notify(message: string): void {
    setText(this.notice, message);
    this.notice.hidden = false;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => (this.notice.hidden = true), noticeTime);
  }
}
