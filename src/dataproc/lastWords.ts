/** What our initialization action puts before each of its steps, and before why it failed. */
const ours = /^dask-runner: (.+)$/;

/** What an initialization action said of its failure: its own last words, or the last line after the step that it was at. */
export function lastWords(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  const last = lines.findLast((line) => line !== '');
  if (last === undefined) {
    return undefined;
  }
  const own = ours.exec(last)?.[1];
  const step = lines.map((line) => ours.exec(line)?.[1]).findLast((found) => found !== undefined);
  const said = own ?? (step === undefined ? last : `failed while ${step}: ${last}`);
  return `The machines say: ${/[.!?]$/.test(said) ? said : `${said}.`}`;
}
