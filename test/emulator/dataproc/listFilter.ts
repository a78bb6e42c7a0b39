import { invalid } from '../http/apiError';

export interface FilterTerm {
  /** Such as `status.state` or `labels.env`. */
  readonly field: string;
  /** `*` for any. */
  readonly value: string;
}

const term = /\s*([A-Za-z_][\w.-]*)\s*(?:=|:)\s*(?:"([^"]*)"|(\*|[\w./:-]+))\s*/y;

/** Terms of a filter such as `status.state = ACTIVE AND labels.env = staging`. `allowed` are fields, or prefixes with a dot. */
export function listFilter(text: string, allowed: readonly string[]): FilterTerm[] {
  const terms: FilterTerm[] = [];
  const trimmed = text.trim();
  term.lastIndex = 0;
  while (term.lastIndex < trimmed.length) {
    const match = term.exec(trimmed);
    if (match === null) {
      throw invalid(`Invalid list filter: '${text}'`);
    }
    const [, field = '', quoted, bare] = match;
    if (!allowed.some((one) => one === field || (one.endsWith('.') && field.startsWith(one)))) {
      throw invalid(`Invalid list filter: '${text}'. Unsupported field '${field}'`);
    }
    terms.push({ field, value: quoted ?? bare ?? '' });
    const rest = trimmed.slice(term.lastIndex);
    const and = /^AND\s+(?=\S)/i.exec(rest);
    if (rest !== '' && and === null) {
      throw invalid(`Invalid list filter: '${text}'. Expected AND at '${rest}'`);
    }
    term.lastIndex += and?.[0].length ?? 0;
  }
  return terms;
}

export function labelMatches(
  labels: Readonly<Record<string, string>> | undefined,
  { field, value }: FilterTerm,
): boolean {
  const label = labels?.[field.slice('labels.'.length)];
  return label !== undefined && (value === '*' || label === value);
}
