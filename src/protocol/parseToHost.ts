import { isPlotPath, parseLayout } from './layout';
import type { LogPosition, SearchQuery } from './logLine';
import { parseLogView } from './logView';
import type { ToHost } from './messages';
import { count, isRecord, oneOf, shortText } from './shape';

/** Lines that one `log.lines` may ask for. */
export const mostLinesAsked = 1_000;

const longestQuery = 1_000;
const longestPath = 4_096;

/** Reads a message from the webview; undefined when it is none that we know. */
export function parseToHost(value: unknown): ToHost | undefined {
  if (!isRecord(value) || typeof value['type'] !== 'string') {
    return undefined;
  }
  const type = value['type'];
  if (type.startsWith('log.')) {
    const tile = shortText(value['tile'], 100);
    return tile ? parseLog(type, tile, value) : undefined;
  }
  switch (type) {
    case 'ready':
    case 'dashboard.retry':
    case 'showExtensionLog':
      return { type };
    case 'layout': {
      const layout = parseLayout(value['layout']);
      return layout && { type, layout };
    }
    case 'run.location': {
      const runId = shortText(value['runId'], 100);
      return runId ? { type, runId } : undefined;
    }
    case 'run': {
      const runId = shortText(value['runId'], 100);
      const action = oneOf(value['action'], ['rerun', 'cancel', 'report', 'folder']);
      return runId && action ? { type, action, runId } : undefined;
    }
    case 'dashboard.browser': {
      const path = value['path'];
      return isPlotPath(path) ? { type, path } : undefined;
    }
    default:
      return undefined;
  }
}

function parseLog(type: string, tile: string, value: Record<string, unknown>): ToHost | undefined {
  switch (type) {
    case 'log.open': {
      const source = shortText(value['source'], 300);
      return source ? { type, tile, source } : undefined;
    }
    case 'log.view':
      return { type, tile, view: parseLogView(value['view']) };
    case 'log.close':
    case 'log.searchEnd':
    case 'log.openInEditor':
    case 'log.save':
      return { type, tile };
    case 'log.lines': {
      const request = count(value['request']);
      const first = count(value['first']);
      const lines = count(value['count'], mostLinesAsked);
      return request === undefined || first === undefined || lines === undefined
        ? undefined
        : { type, tile, request, first, count: lines };
    }
    case 'log.search': {
      const search = count(value['search']);
      const query = parseQuery(value['query']);
      return search === undefined || !query ? undefined : { type, tile, search, query };
    }
    case 'log.copy': {
      const from = parsePosition(value['from']);
      const to = parsePosition(value['to']);
      const ordered = from && to && (from.line < to.line || (from.line === to.line && from.column <= to.column));
      return ordered ? { type, tile, from, to } : undefined;
    }
    case 'log.link': {
      const path = shortText(value['path'], longestPath);
      const line = count(value['line']);
      const column = value['column'] === undefined ? 0 : count(value['column']);
      if (!path || path.includes('\0') || !line || column === undefined) {
        return undefined;
      }
      return column === 0 ? { type, tile, path, line } : { type, tile, path, line, column };
    }
    default:
      return undefined;
  }
}

function parseQuery(value: unknown): SearchQuery | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const text = shortText(value['text'], longestQuery);
  const { matchCase, wholeWord, regex } = value;
  const valid = typeof matchCase === 'boolean' && typeof wholeWord === 'boolean' && typeof regex === 'boolean';
  return text && valid ? { text, matchCase, wholeWord, regex } : undefined;
}

function parsePosition(value: unknown): LogPosition | undefined {
  if (!isRecord(value)) {
    return undefined;
  }
  const line = count(value['line']);
  const column = count(value['column']);
  return line === undefined || column === undefined ? undefined : { line, column };
}
