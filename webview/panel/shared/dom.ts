export interface ElementOptions {
  class?: string;
  text?: string;
  title?: string;
  attributes?: Record<string, string>;
  click?: (event: MouseEvent) => void;
}

/** Makes an element. Text is only ever set as text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.class !== undefined) {
    made.className = options.class;
  }
  if (options.text !== undefined) {
    made.textContent = options.text;
  }
  if (options.title !== undefined) {
    made.title = options.title;
  }
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    made.setAttribute(name, value);
  }
  if (options.click) {
    made.addEventListener('click', options.click as EventListener);
  }
  made.append(...children);
  return made;
}

/** Codicons that the panel uses, by their code points in the font. */
const icons = {
  add: 0xea60,
  arrowDown: 0xea9a,
  arrowUp: 0xeaa1,
  caseSensitive: 0xeab1,
  chevronDown: 0xeab4,
  close: 0xea76,
  ellipsis: 0xea7c,
  error: 0xea87,
  follow: 0xeaf3,
  info: 0xea74,
  linkExternal: 0xeb14,
  loading: 0xeb19,
  pass: 0xeba4,
  regex: 0xeb38,
  refresh: 0xeb37,
  search: 0xea6d,
  stopped: 0xeabd,
  warning: 0xea6c,
  wholeWord: 0xeb7e,
} as const;

export type IconName = keyof typeof icons;

export function icon(name: IconName): HTMLSpanElement {
  return element('span', {
    class: name === 'loading' ? 'icon icon-spin' : 'icon',
    text: String.fromCharCode(icons[name]),
    attributes: { 'aria-hidden': 'true' },
  });
}

/** A button that shows only an icon: its name is read out and shown on hover. */
export function iconButton(name: IconName, label: string, click: (event: MouseEvent) => void): HTMLButtonElement {
  return element(
    'button',
    { class: 'icon-button', title: label, attributes: { type: 'button', 'aria-label': label }, click },
    icon(name),
  );
}

export function textButton(label: string, click: () => void, secondary = false): HTMLButtonElement {
  return element('button', {
    class: secondary ? 'button button-secondary' : 'button',
    text: label,
    attributes: { type: 'button' },
    click,
  });
}

export function setPressed(button: HTMLButtonElement, pressed: boolean): void {
  button.setAttribute('aria-pressed', String(pressed));
}

/** Keeps two texts that say the same from touching the page. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}
