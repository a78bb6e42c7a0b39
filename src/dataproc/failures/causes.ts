/** More are not told one by one. */
const most = 20;

const item = /^\s*(?:[-*•]|\d{1,2}[.)])\s+(.*\S)/;
/** Where to look is no cause. */
const place = /^(?:[a-z]+:\/\/\S+|gcloud .*)$/;
const quota = /(?=Insufficient '[A-Z0-9_]+' quota|Quota '[A-Z0-9_]+' exceeded)/;

export interface Causes {
  /** What stands before the list, where there is one: words alone, or the first of the causes. */
  heading: string | undefined;
  /** At least one. */
  causes: readonly string[];
}

/**
 * The causes that a message lists: below a heading (`Multiple validation errors:` and lines with a dash), or quotas
 * in one line. One that lists none is its own cause, whole.
 */
export function causesOf(message: string): Causes {
  const { heading, causes } = listed(message);
  const [lead = '', ...quotas] = causes.flatMap((text) => text.split(quota)).map(trimmed);
  const all = quotas.length > 0 && /:$/.test(lead) ? quotas : [lead, ...quotas];
  const rest = all.length - most;
  return { heading, causes: rest > 0 ? [...all.slice(0, most), `There are ${rest} more.`] : all };
}

function listed(message: string): Causes {
  const [heading = '', ...lines] = message.trim().split('\n');
  const marked = lines.some((line) => item.test(line));
  const causes: string[] = [];
  for (const line of marked || heading.trimEnd().endsWith(':') ? lines : []) {
    const text = item.exec(line)?.[1];
    if (text !== undefined || !marked) {
      causes.push(text ?? line.trim());
    } else if (causes.length > 0) {
      causes.push(`${causes.pop() ?? ''} ${line.trim()}`);
    }
  }
  const said = causes.filter((text) => text !== '' && !place.test(text));
  return said.length === 0 ? { heading: undefined, causes: [message] } : { heading, causes: said };
}

/** Without what stands between two that are in one line. */
function trimmed(text: string): string {
  return text.trim().replace(/(?<=\.)[,;]$|['"]$/, '');
}
