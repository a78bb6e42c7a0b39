import { Cells, type StyleRun } from './cells';
import { applySgr, type Sgr } from './sgr';

export interface LineText {
  /** What a terminal would show: no escapes, carriage returns done, other control characters made visible. */
  text: string;
  styles: readonly StyleRun[];
  /** The state that the next line starts with. */
  sgr: Sgr;
}

// Everything that needs more than a copy. Tab is text.
// eslint-disable-next-line no-control-regex
export const special = /[\x00-\x08\x0a-\x1f\x7f]/g;

// One escape sequence: CSI, then OSC and its relatives with their text, then the short ones.
export const escape =
  // eslint-disable-next-line no-control-regex
  /\x1b(?:\[([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[\x20-\x2f]*[\x30-\x7e])/y;

/** Finals of the sequences that move or erase within a line. */
const moving = new Set(['K', 'C', 'D', 'G']);

/**
 * Turns one line of output, without its newline, into what a terminal would leave on the screen: a later
 * `\r` segment overwrites an earlier one, as progress bars want.
 */
export function renderLine(raw: string, sgr: Sgr): LineText {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  return renderForward(line, sgr, true) ?? renderCells(line, sgr);
}

/** The text of {@link renderLine} without its colours: several times faster, for the search. */
export function plainLine(raw: string): string {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
  return (renderForward(line, '', false) ?? renderCells(line, '')).text;
}

/** For lines that never go back, which are almost all; undefined for others. */
function renderForward(line: string, sgr: Sgr, styled: boolean): LineText | undefined {
  const styles: StyleRun[] = [];
  let text = '';
  let state = sgr;
  let at = 0;
  let from = 0;
  const endRun = (): void => {
    if (state !== '' && text.length > from) {
      styles.push([from, text.length, state]);
    }
    from = text.length;
  };
  for (;;) {
    special.lastIndex = at;
    const stop = special.exec(line)?.index ?? line.length;
    text += line.slice(at, stop);
    if (stop === line.length) {
      endRun();
      return { text, styles, sgr: state };
    }
    const code = line.charCodeAt(stop);
    at = stop + 1;
    if (code === 0x0d || code === 0x08) {
      return undefined;
    }
    escape.lastIndex = stop;
    const match = code === 0x1b ? escape.exec(line) : null;
    if (match) {
      at = escape.lastIndex;
      if (match[2] !== undefined && moving.has(match[2])) {
        return undefined;
      }
      if (match[2] === 'm' && styled) {
        const next = applySgr(state, match[1] ?? '');
        if (next !== state) {
          endRun();
          state = next;
        }
      }
    } else if (code !== 0x07) {
      text += visible(code);
    }
  }
}

/** For lines that are written over. */
function renderCells(line: string, sgr: Sgr): LineText {
  const cells = new Cells();
  let state = sgr;
  let at = 0;
  while (at < line.length) {
    const code = line.codePointAt(at) ?? 0;
    if (code === 0x1b) {
      escape.lastIndex = at;
      const match = escape.exec(line);
      if (match) {
        if (match[2] === 'm') {
          state = applySgr(state, match[1] ?? '');
        } else if (match[2] !== undefined) {
          cells.control(match[2], match[1] ?? '', state);
        }
        at = escape.lastIndex;
        continue;
      }
    }
    if (code === 0x0d) {
      cells.column = 0;
    } else if (code === 0x08) {
      cells.column = Math.max(0, cells.column - 1);
    } else if (code !== 0x07) {
      cells.put(visible(code), state);
    }
    at += code > 0xffff ? 2 : 1;
  }
  const { text, styles } = cells.finish();
  return { text, styles, sgr: state };
}

/** Unicode has a picture for each control character: NUL is U+2400. */
export function visible(code: number): string {
  if (code === 0x7f) {
    return '\u2421';
  }
  return code < 0x20 && code !== 0x09 ? String.fromCharCode(0x2400 + code) : String.fromCodePoint(code);
}
