import type { PanelRun } from '../../../src/protocol/panelState';
import { element, icon, setText, textButton, type IconName } from '../shared/dom';
import { duration, exitText } from './runText';

export interface RunBarOwner {
  run(action: 'rerun' | 'cancel' | 'report' | 'folder', runId: string): void;
  openLocation(runId: string): void;
}

/** One line above a run's output: what it is doing or how it ended, and what can be done next. */
export class RunBar {
  readonly element = element('div', { class: 'run-bar', attributes: { role: 'status' } });
  readonly #owner: RunBarOwner;
  readonly #title = element('span', { class: 'run-title' });
  readonly #shown = { key: '' };
  #run: PanelRun | undefined;
  #tick: number | undefined;

  constructor(owner: RunBarOwner) {
    this.#owner = owner;
    this.element.hidden = true;
  }

  show(run: PanelRun | undefined): void {
    this.#run = run;
    this.element.hidden = run === undefined;
    this.#updateTimer();
    const key = JSON.stringify(run ?? null);
    if (run && key !== this.#shown.key) {
      this.#draw(run);
    }
    this.#shown.key = key;
  }

  dispose(): void {
    window.clearInterval(this.#tick);
  }

  #updateTimer(): void {
    window.clearInterval(this.#tick);
    if (this.#run && this.#run.endedAt === undefined) {
      this.#tick = window.setInterval(() => this.#drawTitle(), 1_000);
    }
  }

  #drawTitle(): void {
    if (this.#run) {
      setText(this.#title, titleOf(this.#run, Date.now()));
    }
  }

  #draw(run: PanelRun): void {
    const ended = run.state === 'succeeded' || run.state === 'failed' || run.state === 'cancelled';
    this.element.className = `run-bar run-${run.state}`;
    const line = element('div', { class: 'run-line' }, icon(iconOf(run)), this.#title);
    this.#drawTitle();
    const buttons = element('div', { class: 'run-buttons' });
    const { location } = run.error ?? {};
    if (location) {
      const name = location.file.split(/[\\/]/).at(-1) ?? location.file;
      buttons.append(textButton(`Open ${name}:${location.line}`, () => this.#owner.openLocation(run.id)));
    }
    if (run.report) {
      buttons.append(textButton('Performance report', () => this.#owner.run('report', run.id), location !== undefined));
    }
    if (ended) {
      buttons.append(
        textButton('Run again', () => this.#owner.run('rerun', run.id), location !== undefined || run.report),
      );
    } else {
      buttons.append(textButton('Cancel', () => this.#owner.run('cancel', run.id), true));
    }
    this.element.replaceChildren(line, buttons);
    const said = [run.error?.message, run.note].filter((text) => text !== undefined);
    if (said.length > 0) {
      line.after(element('div', { class: 'run-said', text: said.join('\n') }));
    }
  }
}

function iconOf(run: PanelRun): IconName {
  switch (run.state) {
    case 'succeeded':
      return 'pass';
    case 'failed':
      return 'error';
    case 'cancelled':
      return 'stopped';
    case 'planned':
    case 'preparing':
    case 'submitting':
    case 'running':
      return 'loading';
  }
}

/** One clock from the click on; at the end the script's own time is named beside it where it differs. */
function titleOf(run: PanelRun, now: number): string {
  const took = duration((run.endedAt ?? now) - run.createdAt);
  switch (run.state) {
    case 'succeeded':
      return `${run.name} finished after ${took}${scriptText(run, took)}`;
    case 'failed':
      return `${run.name} failed after ${took}${exitText(run)}`;
    case 'cancelled':
      return `${run.name} was cancelled after ${took}`;
    case 'running':
      return `${run.name} · ${run.progress ?? 'Running'} · ${took}`;
    case 'planned':
    case 'preparing':
    case 'submitting':
      return `${run.name} · ${run.progress ?? 'Starting'} · ${took}`;
  }
}

function scriptText({ startedAt, endedAt }: PanelRun, took: string): string {
  const script = startedAt === undefined || endedAt === undefined ? took : duration(endedAt - startedAt);
  return script === took ? '' : `, its script after ${script}`;
}
