import { defaultLayout, type Layout, type Tile } from '../../src/protocol/layout';
import { newLogView, type LogView } from '../../src/protocol/logView';
import type { ToWebview } from '../../src/protocol/messages';
import type { PanelSetup, PanelState } from '../../src/protocol/panelState';
import { addTile, filterTiles, tilesOf } from './layout/layoutTree';
import type { TileContent } from './layout/tileFrame';
import { TileGrid } from './layout/tileGrid';
import { Highlights } from './log/highlights';
import { LogTile } from './log/logTile';
import { PanelBar } from './panelBar';
import type { PlotColours } from './plot/plotAddress';
import { readPlotColours } from './plot/plotColours';
import { PlotTile } from './plot/plotTile';
import type { Bridge } from './shared/bridge';
import { element } from './shared/dom';

/** Everything in the panel. It asks the host for its state, and tells it how it is left. */
export class PanelView {
  readonly element = element('div', { class: 'panel' });
  readonly #bridge: Bridge;
  readonly #highlights = new Highlights();
  readonly #bar: PanelBar;
  readonly #grid: TileGrid;
  readonly #logs = new Map<string, LogTile>();
  readonly #plots = new Map<string, PlotTile>();
  #views: Readonly<Record<string, LogView>> = {};
  #state: PanelState | undefined;
  #layout: Layout = { root: undefined };
  /** What came while the tiles of a new panel are drawn, before anything is in them; undefined at all other times. */
  #waiting: ToWebview[] | undefined;
  #colours: PlotColours;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    this.#colours = readPlotColours();
    this.#bar = new PanelBar({
      addPlot: (plot) => this.#add({ kind: 'plot', id: this.#freeId(plot.path), ...plot }),
      addLog: () => this.#add({ kind: 'log', id: this.#freeId('log') }),
      resetLayout: () => this.#changeLayout(defaultLayout),
    });
    this.#grid = new TileGrid({
      makeContent: (tile) => this.#makeContent(tile),
      changed: (layout) => this.#saveLayout(layout),
    });
    this.element.append(this.#bar.element, this.#bar.note, this.#grid.element);
    const theme = new MutationObserver(() => this.#recolour());
    for (const target of [document.documentElement, document.body]) {
      theme.observe(target, { attributes: true, attributeFilter: ['class', 'style', 'data-vscode-theme-id'] });
    }
  }

  receive(message: ToWebview): void {
    if (this.#waiting) {
      this.#waiting.push(message);
      return;
    }
    switch (message.type) {
      case 'setup':
        this.#setUp(message.setup);
        break;
      case 'state':
        this.#update(message.state, undefined);
        break;
      case 'source':
        this.#logs.values().next().value?.open(message.source);
        break;
      case 'log.status':
      case 'log.lines':
      case 'log.matches':
      case 'log.searchFailed':
      case 'notice':
        this.#logs.get(message.tile)?.receive(message);
        break;
    }
  }

  #setUp(setup: PanelSetup): void {
    const { backend, id } = setup.cluster;
    this.#bridge.keep({ backend, id });
    this.#views = setup.views;
    this.#layout = setup.layout;
    this.#state = setup;
    // Tiles and what is in them in a frame each: both in one are a pause that can be seen.
    const waiting: ToWebview[] = [];
    this.#waiting = waiting;
    this.#showLayout();
    const fill = (): void => {
      this.#waiting = undefined;
      this.#update(setup, setup.source);
      for (const message of waiting) {
        this.receive(message);
      }
    };
    requestAnimationFrame(() => setTimeout(fill));
  }

  #update(state: PanelState, source: string | undefined): void {
    const ended = this.#state?.dashboard.kind === 'ended';
    this.#state = state;
    this.#bar.update(state);
    if (ended !== (state.dashboard.kind === 'ended')) {
      this.#showLayout();
    }
    for (const plot of this.#plots.values()) {
      plot.update(state);
    }
    let preferred = source;
    for (const log of this.#logs.values()) {
      log.update(state, preferred);
      preferred = undefined;
    }
  }

  /** When the cluster has ended its plots make room for the log. They stay in the layout for the next one. */
  #showLayout(): void {
    const ended = this.#state?.dashboard.kind === 'ended';
    const shown = ended ? filterTiles(this.#layout, ({ kind }) => kind === 'log') : this.#layout;
    this.#grid.show(shown.root || !ended ? shown : { root: { kind: 'tile', tile: { kind: 'log', id: 'log' } } });
  }

  #makeContent(tile: Tile): TileContent {
    if (tile.kind === 'plot') {
      const plot = new PlotTile(this.#bridge, tile, this.#colours);
      this.#plots.set(tile.id, plot);
      if (this.#state && !this.#waiting) {
        plot.update(this.#state);
      }
      return disposing(plot, () => this.#plots.delete(tile.id));
    }
    const log = new LogTile({
      id: tile.id,
      bridge: this.#bridge,
      highlights: this.#highlights,
      view: this.#views[tile.id] ?? newLogView,
    });
    this.#logs.set(tile.id, log);
    if (this.#state && !this.#waiting) {
      log.update(this.#state, undefined);
    }
    return disposing(log, () => this.#logs.delete(tile.id));
  }

  #add(tile: Tile): void {
    this.#changeLayout(addTile(this.#layout, tile, (id) => this.#grid.roomOf(id)));
    this.#grid.frames.get(tile.id)?.focusMenu();
  }

  #changeLayout(layout: Layout): void {
    this.#layout = layout;
    this.#showLayout();
    this.#bridge.post({ type: 'layout', layout });
  }

  /** While the cluster's plots are left out, what is shown is not the layout that the user made. */
  #saveLayout(layout: Layout): void {
    if (this.#state?.dashboard.kind !== 'ended') {
      this.#layout = layout;
      this.#bridge.post({ type: 'layout', layout });
    }
  }

  #freeId(wanted: string): string {
    const taken = new Set(tilesOf(this.#layout).map(({ id }) => id));
    let id = wanted;
    for (let number = 2; taken.has(id); number += 1) {
      id = `${wanted}-${number}`;
    }
    return id;
  }

  #recolour(): void {
    const colours = readPlotColours();
    if (JSON.stringify(colours) !== JSON.stringify(this.#colours)) {
      this.#colours = colours;
      for (const plot of this.#plots.values()) {
        plot.recolour(colours);
      }
    }
  }
}

function disposing(content: TileContent, disposed: () => void): TileContent {
  return {
    body: content.body,
    controls: content.controls,
    get menuItems() {
      return content.menuItems;
    },
    focus: () => content.focus(),
    dispose: () => {
      content.dispose();
      disposed();
    },
  };
}
