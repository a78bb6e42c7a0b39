import { invalid } from '../http/apiError';
import { textOf, without, type Json } from '../json';

/**
 * One page of a list whose items have ascending keys, so that what comes or goes meanwhile neither repeats nor hides
 * another item.
 * @param sizes default and largest size of a page
 */
export function page<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number,
  request: Json,
  sizes: { readonly usual: number; readonly most: number },
): { items: Item[]; next: { nextPageToken?: string } } {
  const wanted = (request['pageSize'] as number | undefined) ?? 0;
  if (wanted < 0) {
    throw invalid(`Page size must not be negative, but was ${wanted}`);
  }
  const size = Math.min(wanted === 0 ? sizes.usual : wanted, sizes.most);
  const same = JSON.stringify(Object.entries(without(request, 'pageSize', 'pageToken')).toSorted());
  const token = textOf(request, 'pageToken');
  const after = token === '' ? undefined : keyIn(token, same);
  const start = after === undefined ? 0 : items.findIndex((item) => keyOf(item) > after);
  const found = start === -1 ? [] : items.slice(start, start + size);
  const last = found.at(-1);
  const more = start !== -1 && start + size < items.length && last !== undefined;
  return { items: found, next: more ? { nextPageToken: tokenFor(keyOf(last), same) } : {} };
}

function tokenFor(key: number, same: string): string {
  return Buffer.from(JSON.stringify([key, same])).toString('base64url');
}

function keyIn(text: string, same: string): number {
  try {
    const [key, request] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [number, string];
    if (request === same && typeof key === 'number') {
      return key;
    }
  } catch {
    // Not one of ours.
  }
  throw invalid('Invalid page token: it must be from the page before, of the same request.');
}
