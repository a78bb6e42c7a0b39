import type { JsonRecord } from '../core/jsonValue';

/** Words that Dask's own list spells as any other word. */
const abbreviations: Readonly<Record<string, string>> = { Cpu: 'CPU', Gpu: 'GPU', Rmm: 'RMM' };

/**
 * The plots in what `/individual-plots.json` answers, by title. Names there are `Individual Task Stream`;
 * the title is `Task stream`. Pages beside the plots are left out, and those of GPUs where there is none.
 */
export function plotTitles(plots: JsonRecord, gpu: boolean): { path: string; title: string }[] {
  return Object.entries(plots)
    .flatMap(([name, path]) =>
      typeof path === 'string' ? [{ path: path.replace(/^\//, ''), title: titleOf(name) }] : [],
    )
    .filter(({ path }) => /^individual-[a-z-]+$/.test(path) && (gpu || !/-(gpu|rmm)-/.test(path)))
    .sort((a, b) => a.title.localeCompare(b.title));
}

function titleOf(name: string): string {
  const [first = '', ...rest] = name.replace(/^Individual /, '').split(' ');
  const words = [
    first === 'Nprocessing' ? 'Processing' : first,
    ...rest.map((word) => (word in abbreviations ? word : word.toLowerCase())),
  ];
  return words.map((word) => abbreviations[word] ?? word).join(' ');
}
