/** How a stretch of text is drawn: CSS properties by name. */
export type TextStyle = Readonly<Record<string, string>>;

const names = ['Black', 'Red', 'Green', 'Yellow', 'Blue', 'Magenta', 'Cyan', 'White'];

const foreground = 'var(--vscode-terminal-foreground, var(--vscode-editor-foreground))';
const background = 'var(--vscode-editor-background)';

/** Levels of the 6 × 6 × 6 colour cube, as xterm has them. */
const levels = [0, 95, 135, 175, 215, 255];

/** CSS for parameters of `ESC [ … m`: the theme's colours for the first 16, the colour itself for the rest. */
export function styleOf(sgr: string): TextStyle {
  const codes = sgr.split(';').map(Number);
  const flags = new Set<number>();
  let front: string | undefined;
  let back: string | undefined;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const indexed = codes[at + 1] === 5;
      const colour = indexed
        ? indexedColour(codes[at + 2] ?? 0)
        : `rgb(${codes[at + 2] ?? 0}, ${codes[at + 3] ?? 0}, ${codes[at + 4] ?? 0})`;
      at += indexed ? 2 : 4;
      if (code === 38) {
        front = colour;
      } else {
        back = colour;
      }
    } else if (code >= 30) {
      const bright = code >= 90;
      const isBack = code >= 100 || (code >= 40 && code <= 47);
      const colour = indexedColour((code % 10) + (bright ? 8 : 0));
      if (isBack) {
        back = colour;
      } else {
        front = colour;
      }
    } else {
      flags.add(code);
    }
  }
  if (flags.has(7)) {
    [front, back] = [back ?? background, front ?? foreground];
  }
  return properties(flags, front, back);
}

function properties(flags: ReadonlySet<number>, front: string | undefined, back: string | undefined): TextStyle {
  const style: Record<string, string> = {};
  if (front !== undefined) {
    style['color'] = front;
  }
  if (back !== undefined) {
    style['background-color'] = back;
  }
  if (flags.has(1)) {
    style['font-weight'] = 'bold';
  }
  if (flags.has(2)) {
    style['opacity'] = '0.7';
  }
  if (flags.has(3)) {
    style['font-style'] = 'italic';
  }
  const lines = [flags.has(4) ? 'underline' : '', flags.has(9) ? 'line-through' : ''].filter(Boolean);
  if (lines.length > 0) {
    style['text-decoration'] = lines.join(' ');
  }
  if (flags.has(8)) {
    style['visibility'] = 'hidden';
  }
  return style;
}

function indexedColour(index: number): string {
  if (index < 16) {
    return `var(--vscode-terminal-ansi${index >= 8 ? 'Bright' : ''}${names[index % 8] ?? 'White'})`;
  }
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const cube = index - 16;
  const level = (value: number): number => levels[value] ?? 0;
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}

/** Styles that were seen, so that a screen of coloured lines costs no parsing. */
export class StyleCache {
  readonly #styles = new Map<string, TextStyle>();

  of(sgr: string): TextStyle {
    let style = this.#styles.get(sgr);
    if (!style) {
      if (this.#styles.size >= 2_000) {
        this.#styles.clear();
      }
      style = styleOf(sgr);
      this.#styles.set(sgr, style);
    }
    return style;
  }
}
