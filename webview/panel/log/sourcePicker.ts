import type { PanelLogSource } from '../../../src/protocol/panelState';
import { element } from '../shared/dom';

/** Which log the tile shows. */
export class SourcePicker {
  readonly element = element('select', { class: 'select', attributes: { 'aria-label': 'Log', title: 'Log' } });
  #shown = '';

  constructor(chosen: (source: string) => void) {
    this.element.addEventListener('change', () => chosen(this.element.value));
  }

  show(sources: readonly PanelLogSource[], selected: string | undefined): void {
    const key = JSON.stringify(sources);
    if (key !== this.#shown) {
      this.#shown = key;
      const groups = [group('Runs', sources, 'run'), group('Cluster', sources, 'cluster')].filter(
        (one) => one.childElementCount > 0,
      );
      this.element.replaceChildren(...groups);
    }
    this.element.hidden = sources.length === 0;
    if (selected !== undefined) {
      this.element.value = selected;
    }
  }
}

function group(label: string, sources: readonly PanelLogSource[], kind: PanelLogSource['kind']): HTMLElement {
  const options = sources
    .filter((source) => source.kind === kind)
    .map(({ id, label: text }) => element('option', { text, attributes: { value: id } }));
  return element('optgroup', { attributes: { label } }, ...options);
}
