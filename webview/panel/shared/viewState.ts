import { count, isRecord, shortText } from '../../../src/protocol/shape';
import type { SearchQuery } from '../../../src/protocol/logLine';

/** How a log tile was left. */
export interface LogView {
  source: string | undefined;
  /** First line in view; with `follow` it is the end. */
  line: number;
  left: number;
  follow: boolean;
  lineNumbers: boolean;
  find: SearchQuery & { open: boolean };
}

/** What VS Code keeps of this webview while it is hidden, moved or reloaded. */
export interface ViewState {
  backend: string;
  id: string;
  logs: Record<string, LogView>;
}

export const newLogView: LogView = {
  source: undefined,
  line: 0,
  left: 0,
  follow: true,
  lineNumbers: false,
  find: { open: false, text: '', matchCase: false, wholeWord: false, regex: false },
};

/** Reads what was kept; parts that do not fit are as in a new view. */
export function parseViewState(value: unknown): ViewState {
  const state: ViewState = { backend: '', id: '', logs: {} };
  if (!isRecord(value)) {
    return state;
  }
  state.backend = shortText(value['backend'], 100) ?? '';
  state.id = shortText(value['id'], 100) ?? '';
  if (isRecord(value['logs'])) {
    for (const [tile, view] of Object.entries(value['logs'])) {
      if (isRecord(view)) {
        state.logs[tile] = parseLogView(view);
      }
    }
  }
  return state;
}

function parseLogView(view: Record<string, unknown>): LogView {
  const find = isRecord(view['find']) ? view['find'] : {};
  return {
    source: shortText(view['source'], 300),
    line: count(view['line']) ?? 0,
    left: count(view['left']) ?? 0,
    follow: view['follow'] !== false,
    lineNumbers: view['lineNumbers'] === true,
    find: {
      open: find['open'] === true,
      text: shortText(find['text'], 1_000) ?? '',
      matchCase: find['matchCase'] === true,
      wholeWord: find['wholeWord'] === true,
      regex: find['regex'] === true,
    },
  };
}
