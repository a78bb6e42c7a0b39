import type { PanelState } from '../../../src/protocol/panelState';
import type { Bridge } from '../shared/bridge';
import { element, icon, iconButton, setText, textButton } from '../shared/dom';
import type { MenuItem } from '../shared/menu';
import { plotAddress, type PlotColours } from './plotAddress';

/** A frame that has not loaded by then is said to have failed. Milliseconds. */
const loadBudget = 20_000;

/** One plot of the dashboard, or its whole page, in a frame of its own. */
export class PlotTile {
  readonly body = element('div', { class: 'plot-tile' });
  readonly controls: readonly HTMLElement[];
  readonly #bridge: Bridge;
  readonly #path: string;
  readonly #title: string;
  readonly #message = element('div', { class: 'plot-message', attributes: { role: 'status' } });
  #frame: HTMLIFrameElement | undefined;
  #version = -1;
  #state: PanelState | undefined;
  #colours: PlotColours;
  #deadline = 0;

  constructor(bridge: Bridge, plot: { path: string; title: string }, colours: PlotColours) {
    this.#bridge = bridge;
    this.#path = plot.path;
    this.#title = plot.title;
    this.#colours = colours;
    this.controls = [
      iconButton('linkExternal', `Open ${plot.title} in browser`, () =>
        bridge.post({ type: 'dashboard.browser', path: plot.path }),
      ),
    ];
    this.body.append(this.#message);
  }

  get menuItems(): MenuItem[] {
    return [
      { label: 'Reload plot', run: () => this.#load() },
      { label: 'Open in browser', run: () => this.#bridge.post({ type: 'dashboard.browser', path: this.#path }) },
    ];
  }

  update(state: PanelState): void {
    this.#state = state;
    const { dashboard } = state;
    for (const control of this.controls) {
      control.hidden = dashboard.kind !== 'ready';
    }
    if (dashboard.kind === 'ready') {
      if (dashboard.version !== this.#version) {
        this.#version = dashboard.version;
        this.#load();
      }
      return;
    }
    this.#version = -1;
    this.#unload();
    switch (dashboard.kind) {
      case 'starting':
        this.#say(startingText(state), true);
        break;
      case 'failed':
        this.#say(dashboard.message, false, 'Try again');
        break;
      case 'noPlots':
        this.#say(dashboard.message, false);
        break;
      case 'ended':
        this.#say('The cluster has ended.', false);
        break;
    }
  }

  recolour(colours: PlotColours): void {
    this.#colours = colours;
    if (this.#frame) {
      this.#load();
    }
  }

  focus(): void {
    this.#frame?.focus();
  }

  dispose(): void {
    this.#unload();
  }

  #load(): void {
    const dashboard = this.#state?.dashboard;
    if (dashboard?.kind !== 'ready') {
      return;
    }
    const frame = this.#frame ?? this.#makeFrame();
    frame.classList.remove('plot-loaded');
    this.#say(`Loading ${this.#title}…`, true);
    frame.src = plotAddress(dashboard.base, this.#path, this.#colours);
    window.clearTimeout(this.#deadline);
    this.#deadline = window.setTimeout(
      () => this.#say(`${this.#title} has not loaded. The scheduler may be busy.`, false, 'Try again'),
      loadBudget,
    );
  }

  #makeFrame(): HTMLIFrameElement {
    const frame = element('iframe', {
      class: 'plot-frame',
      attributes: { title: this.#title, sandbox: 'allow-scripts allow-same-origin allow-downloads' },
    });
    frame.addEventListener('load', () => {
      if (frame.src !== '' && frame.src !== 'about:blank') {
        window.clearTimeout(this.#deadline);
        frame.classList.add('plot-loaded');
        this.#message.hidden = true;
      }
    });
    this.#frame = frame;
    this.body.append(frame);
    return frame;
  }

  #unload(): void {
    window.clearTimeout(this.#deadline);
    this.#frame?.remove();
    this.#frame = undefined;
  }

  #say(text: string, busy: boolean, action?: string): void {
    const line = element('div', { class: 'plot-text' });
    setText(line, text);
    this.#message.replaceChildren(...(busy ? [icon('loading')] : []), line);
    if (action !== undefined) {
      this.#message.append(textButton(action, () => this.#retry()));
    }
    this.#message.hidden = false;
  }

  #retry(): void {
    if (this.#state?.dashboard.kind === 'ready') {
      this.#load();
    } else {
      this.#bridge.post({ type: 'dashboard.retry' });
    }
  }
}

function startingText({ cluster: { stage } }: PanelState): string {
  if (stage === 'environment') {
    return 'Preparing the Python environment…';
  }
  if (stage === 'process' || stage === 'scheduler') {
    return 'Starting the scheduler…';
  }
  return stage === 'workers' ? 'Starting the workers…' : 'Connecting to the dashboard…';
}
