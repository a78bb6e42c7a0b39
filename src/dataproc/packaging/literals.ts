import type { Token } from './pythonTokens';

/** A string that may be the name of a file or a folder. */
export interface Literal {
  text: string;
  /** 1-based. */
  line: number;
}

const longest = 200;
/** Calls that make the file which they name. */
const writers = /^(?:to_|save|write|dump|export|performance_report$|mkdir|makedirs|unlink|remove|rmtree)/;

/** Strings that can be relative paths; not of files that are written there, which may be left from a run here. */
export function pathLiterals(tokens: readonly Token[]): readonly Literal[] {
  return tokens.flatMap((token, index) =>
    token.kind === 'string' && isPath(token.text) && !isWritten(tokens, index)
      ? [{ text: token.text.replace(/^(?:\.\/)+|\/+$/g, ''), line: token.line }]
      : [],
  );
}

function isPath(text: string): boolean {
  return text.length <= longest && /^[^\s/\\:*?"<>|{}%][^\\:*?"<>|{}%\n]*$/.test(text) && /[^./]/.test(text);
}

function isWritten(tokens: readonly Token[], index: number): boolean {
  const [call, open, , comma, mode] = [-2, -1, 0, 1, 2].map((step) => tokens[index + step]);
  const called = open?.text === '(' && call?.kind === 'name' ? call.text : '';
  // `open("x", "w")` and `open("x", mode="w")`
  const keyword = mode?.kind === 'name' && mode.text === 'mode' ? tokens[index + 4] : mode;
  return (
    writers.test(called) ||
    (called === 'open' && comma?.text === ',' && keyword?.kind === 'string' && /^[wax]/.test(keyword.text))
  );
}
