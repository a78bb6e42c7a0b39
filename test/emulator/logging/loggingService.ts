import { badRequest, invalid } from '../http/apiError';
import { readJson, type Answer, type ApiRequest, type Call, type Service } from '../http/call';
import { camelCase, isJson, textOf, type Json } from '../json';
import { logFilter } from './logFilter';
import type { LogStore } from './logStore';

const fields = new Set(['resourceNames', 'projectIds', 'filter', 'orderBy', 'pageSize', 'pageToken']);

/** Cloud Logging, version 2: entries:list. */
export class LoggingService implements Service {
  constructor(private readonly store: LogStore) {}

  route(request: ApiRequest): Call | undefined {
    return request.method === 'POST' && request.path === '/v2/entries:list'
      ? { name: 'logging.entries.list', run: async () => this.#list(checked(await readJson(request.message))) }
      : undefined;
  }

  #list(body: Json): Answer {
    const { resourceNames = [], filter = '', orderBy = 'timestamp asc', pageSize = 50, pageToken = '' } = body;
    if (!Array.isArray(resourceNames) || resourceNames.length === 0) {
      throw invalid('Must specify at least one resource name.');
    }
    if (orderBy !== 'timestamp asc' && orderBy !== 'timestamp desc') {
      throw invalid(`Unsupported order_by: ${String(orderBy)}`);
    }
    const test = logFilter(String(filter));
    const ours = (resourceNames as string[]).map((name) => `${name}/logs/`);
    const found = this.store
      .entries()
      .filter((entry) => ours.some((prefix) => entry.logName.startsWith(prefix)) && test(entry));
    const entries = orderBy === 'timestamp desc' ? found.toReversed() : found;
    // The last entry that was given, as entries may be dropped or come meanwhile.
    const last = Buffer.from(textOf({ pageToken }, 'pageToken'), 'base64').toString('utf8');
    const start = last === '' ? 0 : entries.findIndex(({ insertId }) => insertId === last) + 1;
    const size = Math.min(Number(pageSize) || 50, 1000);
    const page = entries.slice(start, start + size);
    const more = start + size < entries.length;
    const next = Buffer.from(page.at(-1)?.insertId ?? '').toString('base64');
    return {
      status: 200,
      body: { ...(page.length > 0 ? { entries: page } : {}), ...(more ? { nextPageToken: next } : {}) },
    };
  }
}

function checked(body: unknown): Json {
  if (!isJson(body)) {
    return {};
  }
  const unknown = Object.keys(body).filter((name) => !fields.has(camelCase(name)));
  if (unknown.length > 0) {
    throw badRequest(
      unknown.map((name) => ({
        field: '',
        description: `Invalid JSON payload received. Unknown name "${name}": Cannot find field.`,
      })),
    );
  }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [camelCase(name), value]));
}
