// What failed, of the output of a level.

const begin = /^ {2}\d+ failing$|^=+ (?:FAILURES|ERRORS) =+$/;
/** Another suite of the same level. */
const end = /^ {2}\d+ passing /;
/** What fails without a test of its own. */
const alone = /^The tests (?:left|ended) |: not clean$|^Type errors in |^pytest ended without /;
/** A test of the next suite. */
const passed = /^\s*✔ /;
const longest = 400;
const fallback = 60;

/**
 * The parts that tell of failures, as mocha and pytest print them; where there is none, the last lines.
 * @param {string} output of one level that has failed
 * @returns {string[]} lines, the first 400 of them
 */
export function failuresIn(output) {
  const found = [];
  let inside = false;
  const lines = withoutColours(output).trimEnd().split('\n');
  for (const line of lines) {
    inside = begin.test(line) || (inside && !end.test(line));
    if ((inside && !passed.test(line)) || alone.test(line)) {
      found.push(line);
    }
  }
  return found.length === 0 ? lines.slice(-fallback) : found.slice(0, longest);
}

function withoutColours(text) {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[\d;]*m/g, '');
}
