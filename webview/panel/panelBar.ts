import type { PanelPlot, PanelState } from '../../src/protocol/panelState';
import { element, icon, setText, textButton } from './shared/dom';
import { openMenu, type MenuItem } from './shared/menu';

export interface PanelBarOwner {
  addPlot(plot: PanelPlot): void;
  addLog(): void;
  resetLayout(): void;
  openReport(runId: string): void;
  retry(): void;
}

const wholePage: PanelPlot = { path: 'status', title: 'Whole dashboard' };

/** The panel's top: the cluster, how it is, and what can be added. */
export class PanelBar {
  readonly element: HTMLElement;
  /** Shown when the cluster has ended. */
  readonly note = element('div', { class: 'panel-note', attributes: { role: 'status' } });
  readonly #owner: PanelBarOwner;
  readonly #name = element('h1', { class: 'panel-name' });
  readonly #status = element('span', { class: 'panel-state' });
  readonly #add: HTMLButtonElement;
  #state: PanelState | undefined;
  #noted = '';

  constructor(owner: PanelBarOwner) {
    this.#owner = owner;
    this.#add = element(
      'button',
      {
        class: 'tool-button',
        attributes: { type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': 'Add tile' },
        click: () => openMenu(this.#add, 'Add tile', this.#items()),
      },
      icon('add'),
      element('span', { class: 'tool-label', text: 'Add plot' }),
      icon('chevronDown'),
    );
    this.note.hidden = true;
    this.element = element('header', { class: 'panel-bar' }, this.#name, this.#status, this.#add);
  }

  update(state: PanelState): void {
    this.#state = state;
    setText(this.#name, state.cluster.title);
    setText(this.#status, stateText(state));
    const { dashboard } = state;
    const reportRun = dashboard.kind === 'ended' ? dashboard.reportRunId : undefined;
    const text = dashboard.kind === 'ended' ? endedText(state) : '';
    if (text + (reportRun ?? '') !== this.#noted) {
      this.#noted = text + (reportRun ?? '');
      this.note.hidden = text === '';
      this.note.replaceChildren(icon('info'), element('span', { class: 'panel-note-text', text }));
      if (reportRun !== undefined) {
        this.note.append(textButton('Open performance report', () => this.#owner.openReport(reportRun)));
      }
    }
  }

  #items(): MenuItem[] {
    const dashboard = this.#state?.dashboard;
    const plots = dashboard?.kind === 'ready' ? [...dashboard.plots, wholePage] : [];
    const none: MenuItem[] = [{ label: 'No plots while there is no dashboard', disabled: true, run: () => undefined }];
    return [
      ...(plots.length > 0 ? plots.map((plot) => ({ label: plot.title, run: () => this.#owner.addPlot(plot) })) : none),
      { label: 'Log', separated: true, run: () => this.#owner.addLog() },
      { label: 'Reset layout', separated: true, run: () => this.#owner.resetLayout() },
    ];
  }
}

function stateText({ cluster }: PanelState): string {
  switch (cluster.state) {
    case 'starting':
      return 'Starting';
    case 'running':
      return 'Running';
    case 'closing':
      return 'Shutting down';
    case 'closed':
    case 'gone':
      return 'Ended';
    case 'failed':
      return 'Failed';
    case 'unreachable':
      return 'Not reachable';
  }
}

function endedText({ cluster, dashboard }: PanelState): string {
  const why = cluster.error ?? cluster.endReason;
  const report = dashboard.kind === 'ended' && dashboard.reportRunId !== undefined;
  return [
    cluster.state === 'failed' ? 'The cluster has failed.' : 'The cluster has ended.',
    ...(why === undefined ? [] : [why]),
    report ? 'Its plots are kept in the performance report.' : 'Its plots are gone with it; the log stays.',
  ].join(' ');
}
