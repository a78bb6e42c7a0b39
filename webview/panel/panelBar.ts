import type { PanelPlot, PanelState } from '../../src/protocol/panelState';
import { endText } from './endText';
import { element, icon, setText } from './shared/dom';
import { openMenu, type MenuItem } from './shared/menu';

export interface PanelBarOwner {
  addPlot(plot: PanelPlot): void;
  addLog(): void;
  resetLayout(): void;
}

const wholePage: PanelPlot = { path: 'status', title: 'Whole dashboard' };

/** The panel's top: the cluster, how it is, and what can be added. */
export class PanelBar {
  readonly element: HTMLElement;
  /** Shown when the cluster has ended. */
  readonly note = element('div', { class: 'panel-note', attributes: { role: 'status' } });
  readonly #noteText = element('span', { class: 'panel-note-text' });
  readonly #owner: PanelBarOwner;
  readonly #name = element('h1', { class: 'panel-name' });
  readonly #status = element('span', { class: 'panel-state' });
  readonly #add: HTMLButtonElement;
  #state: PanelState | undefined;

  constructor(owner: PanelBarOwner) {
    this.#owner = owner;
    this.#add = element(
      'button',
      {
        class: 'tool-button',
        attributes: {
          type: 'button',
          'aria-haspopup': 'menu',
          'aria-expanded': 'false',
          'aria-label': 'Add plot or log',
        },
        click: () => openMenu(this.#add, 'Add plot or log', this.#items()),
      },
      icon('add'),
      element('span', { class: 'tool-label', text: 'Add plot' }),
      icon('chevronDown'),
    );
    this.note.append(icon('info'), this.#noteText);
    this.note.hidden = true;
    this.element = element('header', { class: 'panel-bar' }, this.#name, this.#status, this.#add);
  }

  update(state: PanelState): void {
    this.#state = state;
    setText(this.#name, state.cluster.title);
    setText(this.#status, stateText(state));
    const { dashboard } = state;
    const text = dashboard.kind === 'ended' ? endText(state, dashboard.report) : '';
    setText(this.#noteText, text);
    this.note.hidden = text === '';
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
    case 'stopped':
      return 'Stopped';
    case 'closed':
    case 'gone':
      return 'Ended';
    case 'failed':
      return 'Failed';
    case 'unreachable':
      return 'Not reachable';
  }
}
