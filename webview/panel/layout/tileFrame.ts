import { element, iconButton, setText } from '../shared/dom';
import { openMenu, type MenuItem } from '../shared/menu';
import type { Rect } from './layoutRects';
import type { Edge } from './layoutTree';

/** What a kind of tile brings along. */
export interface TileContent {
  readonly body: HTMLElement;
  /** Go into the header, before the menu. */
  readonly controls: readonly HTMLElement[];
  readonly menuItems: MenuItem[];
  focus(): void;
  dispose(): void;
}

export interface TileFrameOwner {
  move(id: string, edge: Edge): void;
  canMove(id: string, edge: Edge): boolean;
  close(id: string): void;
  dragStart(id: string, event: PointerEvent): void;
}

const moves: readonly [Edge, string][] = [
  ['top', 'Move up'],
  ['bottom', 'Move down'],
  ['left', 'Move left'],
  ['right', 'Move right'],
];

/** A tile: its header, by which it is dragged, its menu, and what it shows. */
export class TileFrame {
  readonly element: HTMLElement;
  readonly content: TileContent;
  readonly #menuButton: HTMLButtonElement;

  constructor(id: string, title: string, content: TileContent, owner: TileFrameOwner) {
    this.content = content;
    this.#menuButton = iconButton('ellipsis', `More actions for ${title}`, () =>
      openMenu(this.#menuButton, `${title} actions`, [
        ...content.menuItems,
        ...moves.map(([edge, label], at) => ({
          label,
          separated: at === 0,
          disabled: !owner.canMove(id, edge),
          run: () => owner.move(id, edge),
        })),
        { label: 'Close', separated: true, run: () => owner.close(id) },
      ]),
    );
    this.#menuButton.setAttribute('aria-haspopup', 'menu');
    this.#menuButton.setAttribute('aria-expanded', 'false');
    const name = element('h2', { class: 'tile-title' });
    setText(name, title);
    const header = element(
      'header',
      { class: 'tile-header', title: '' },
      name,
      element('div', { class: 'tile-controls' }, ...content.controls, this.#menuButton),
    );
    header.addEventListener('pointerdown', (event) => {
      const control = event.target instanceof Element && event.target.closest('button, select, input') !== null;
      if (event.button === 0 && !control) {
        owner.dragStart(id, event);
      }
    });
    this.element = element(
      'section',
      { class: 'tile', attributes: { 'aria-label': title, 'data-tile': id } },
      header,
      content.body,
    );
  }

  place({ left, top, width, height }: Rect): void {
    Object.assign(this.element.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }

  focusMenu(): void {
    this.#menuButton.focus();
  }

  dispose(): void {
    this.content.dispose();
    this.element.remove();
  }
}
