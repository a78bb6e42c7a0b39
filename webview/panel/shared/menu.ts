import { element } from './dom';

export interface MenuItem {
  label: string;
  checked?: boolean;
  disabled?: boolean;
  /** A line above it. */
  separated?: boolean;
  run: () => void;
}

/**
 * A menu below a button: arrow keys, Home, End, the first letter, Enter, Escape. Closing gives the focus
 * back to the button.
 */
export function openMenu(button: HTMLElement, label: string, items: readonly MenuItem[]): void {
  const menu = element('div', { class: 'menu', attributes: { role: 'menu', 'aria-label': label, tabindex: '-1' } });
  const closed = new AbortController();
  const close = (focus: boolean): void => {
    closed.abort();
    menu.remove();
    button.setAttribute('aria-expanded', 'false');
    if (focus) {
      button.focus();
    }
  };
  const entries = items.map((item) => menuEntry(item, close));
  for (const [at, item] of items.entries()) {
    if (item.separated) {
      menu.append(element('div', { class: 'menu-separator', attributes: { role: 'separator' } }));
    }
    menu.append(entries[at] as HTMLElement);
  }
  menu.addEventListener('keydown', (event) => moveFocus(event, entries, close));
  document.body.append(menu);
  placeBelow(menu, button);
  button.setAttribute('aria-expanded', 'true');
  entries.find((entry) => entry.getAttribute('aria-disabled') !== 'true')?.focus();
  const outside = (event: Event): void => {
    if (!(event.target instanceof Node && menu.contains(event.target))) {
      close(false);
    }
  };
  window.addEventListener('pointerdown', outside, { capture: true, signal: closed.signal });
  // A click in a frame of a plot takes the focus away and is not heard here otherwise.
  window.addEventListener('blur', () => close(false), { signal: closed.signal });
  window.addEventListener('resize', () => close(false), { signal: closed.signal });
}

function menuEntry(item: MenuItem, close: (focus: boolean) => void): HTMLElement {
  const checkable = item.checked !== undefined;
  return element('div', {
    class: 'menu-item',
    text: item.label,
    attributes: {
      role: checkable ? 'menuitemcheckbox' : 'menuitem',
      tabindex: '-1',
      'aria-disabled': String(item.disabled === true),
      ...(checkable ? { 'aria-checked': String(item.checked) } : {}),
    },
    click: () => {
      if (item.disabled !== true) {
        close(true);
        item.run();
      }
    },
  });
}

function moveFocus(event: KeyboardEvent, entries: readonly HTMLElement[], close: (focus: boolean) => void): void {
  const active = entries.filter((entry) => entry.getAttribute('aria-disabled') !== 'true');
  const at = active.indexOf(document.activeElement as HTMLElement);
  const next = nextFocus(event.key, active, at);
  if (next !== undefined) {
    active.at(next % active.length)?.focus();
  } else if (event.key === 'Escape' || event.key === 'Tab') {
    close(true);
  } else if (event.key === 'Enter' || event.key === ' ') {
    active[at]?.click();
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function nextFocus(key: string, active: readonly HTMLElement[], at: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return at + 1;
    case 'ArrowUp':
      return at <= 0 ? -1 : at - 1;
    case 'Home':
      return 0;
    case 'End':
      return -1;
  }
  if (key.length !== 1 || key === ' ') {
    return undefined;
  }
  const rotated = [...active.slice(at + 1), ...active.slice(0, at + 1)];
  const found = rotated.find((entry) => entry.textContent.toLowerCase().startsWith(key.toLowerCase()));
  return found && active.indexOf(found);
}

function placeBelow(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.max(4, Math.min(at.right - width, window.innerWidth - width - 4));
  const below = at.bottom + 2;
  const top = below + height <= window.innerHeight - 4 ? below : Math.max(4, at.top - height - 2);
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}
