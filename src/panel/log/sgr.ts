/**
 * Colours and weights that `ESC [ … m` sets (ECMA-48, "Select Graphic Rendition"), as one canonical string of
 * parameters that would set them from a clean start: `1;31`. The empty string is plain text.
 */
export type Sgr = string;

interface Rendition {
  readonly flags: Set<number>;
  foreground: string;
  background: string;
}

/** Switched on by their own number: bold, dim, italic, underline, inverse, hidden, struck out. */
const flagCodes = new Set([1, 2, 3, 4, 7, 8, 9]);

/** One of the eight colours, on plain text: what most coloured lines have. */
const simpleColour = /^[39][0-7]$/;

/** What each "off" code switches off. 21 is a double underline in ECMA-48, shown as an underline. */
const offCodes = new Map<number, readonly number[]>([
  [22, [1, 2]],
  [23, [3]],
  [24, [4]],
  [27, [7]],
  [28, [8]],
  [29, [9]],
]);

function read(sgr: Sgr): Rendition {
  const rendition: Rendition = { flags: new Set(), foreground: '', background: '' };
  if (sgr !== '') {
    applyParameters(rendition, sgr);
  }
  return rendition;
}

function write(rendition: Rendition): Sgr {
  const codes: (string | number)[] = [...rendition.flags].sort((a, b) => a - b);
  for (const colour of [rendition.foreground, rendition.background]) {
    if (colour !== '') {
      codes.push(colour);
    }
  }
  return codes.join(';');
}

/** The state after `ESC [ parameters m`. Unknown codes change nothing. */
export function applySgr(sgr: Sgr, parameters: string): Sgr {
  if (parameters === '' || parameters === '0') {
    return '';
  }
  if (sgr === '' && simpleColour.test(parameters)) {
    return parameters;
  }
  const rendition = read(sgr);
  applyParameters(rendition, parameters);
  return write(rendition);
}

function applyParameters(rendition: Rendition, parameters: string): void {
  const parts = parameters.split(';');
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    if (part.includes(':')) {
      applyColons(rendition, part);
      continue;
    }
    const code = part === '' ? 0 : Number(part);
    if (code === 38 || code === 48) {
      const taken = parts[at + 1] === '5' ? 2 : parts[at + 1] === '2' ? 4 : 0;
      const values = parts.slice(at + 2, at + 1 + taken);
      setExtended(rendition, code, values);
      at += taken;
    } else {
      applyCode(rendition, code);
    }
  }
}

function applyCode(rendition: Rendition, code: number): void {
  if (code === 0) {
    rendition.flags.clear();
    rendition.foreground = '';
    rendition.background = '';
  } else if (flagCodes.has(code)) {
    rendition.flags.add(code);
  } else if (code === 21) {
    rendition.flags.add(4);
  } else if (offCodes.has(code)) {
    offCodes.get(code)?.forEach((flag) => rendition.flags.delete(flag));
  } else if (code === 39) {
    rendition.foreground = '';
  } else if (code === 49) {
    rendition.background = '';
  } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) {
    rendition.foreground = String(code);
  } else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) {
    rendition.background = String(code);
  }
}

/** The form with colons: `4:3` (curly underline), `38:5:n`, `38:2:r:g:b`, `38:2::r:g:b`. */
function applyColons(rendition: Rendition, part: string): void {
  const [code, kind, ...rest] = part.split(':');
  if (code === '4') {
    applyCode(rendition, kind === '0' ? 24 : 4);
  } else if (code === '38' || code === '48') {
    setExtended(rendition, Number(code), kind === '2' ? rest.slice(-3) : rest.slice(0, 1));
  }
}

function setExtended(rendition: Rendition, code: number, values: readonly string[]): void {
  const numbers = values.map((value) => (value === '' ? 0 : Number(value)));
  const valid = numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
  if (!valid || (numbers.length !== 1 && numbers.length !== 3)) {
    return;
  }
  const colour = `${code};${numbers.length === 1 ? 5 : 2};${numbers.join(';')}`;
  if (code === 38) {
    rendition.foreground = colour;
  } else {
    rendition.background = colour;
  }
}
