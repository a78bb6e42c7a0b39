// eslint-disable-next-line no-control-regex -- that is what colours in a terminal are made of
const ansi = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** Text without colours, in lines. Progress bars overwrite a line by returning to its start: the last writing counts. */
export function plainLines(output: Uint8Array | string): string[] {
  const text = typeof output === 'string' ? output : new TextDecoder().decode(output);
  return text
    .replace(ansi, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''))
    .map((line) => line.slice(line.lastIndexOf('\r') + 1));
}
