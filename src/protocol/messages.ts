import type { Layout } from './layout';
import type { LogLine, LogPosition, SearchQuery } from './logLine';
import type { LogView } from './logView';
import type { PanelSetup, PanelState } from './panelState';

/** How a log stands. Lines of one generation stay what they are, save the last; a new one starts from nothing. */
export interface LogStatus {
  generation: number;
  lineCount: number;
  state: 'unread' | 'present' | 'missing' | 'failed';
  /** Where the state is `failed`: why. */
  failure?: string;
}

/** From the webview. `tile` is a log tile's id. */
export type ToHost =
  | { type: 'ready' }
  | { type: 'layout'; layout: Layout }
  | { type: 'log.open'; tile: string; source: string }
  | { type: 'log.view'; tile: string; view: LogView }
  | { type: 'log.close'; tile: string }
  | { type: 'log.lines'; tile: string; request: number; first: number; count: number }
  | { type: 'log.search'; tile: string; search: number; query: SearchQuery }
  | { type: 'log.searchEnd'; tile: string }
  | { type: 'log.copy'; tile: string; from: LogPosition; to: LogPosition }
  | { type: 'log.openInEditor'; tile: string }
  | { type: 'log.save'; tile: string }
  | { type: 'log.link'; tile: string; path: string; line: number; column?: number }
  | { type: 'run.location'; runId: string }
  | { type: 'run'; action: 'rerun' | 'cancel' | 'report' | 'folder'; runId: string }
  | { type: 'dashboard.retry' }
  | { type: 'dashboard.browser'; path: string }
  | { type: 'showExtensionLog' };

/** From the host. */
export type ToWebview =
  | { type: 'setup'; setup: PanelSetup }
  | { type: 'state'; state: PanelState }
  | { type: 'source'; source: string }
  | { type: 'log.status'; tile: string; source: string; status: LogStatus }
  | { type: 'log.lines'; tile: string; request: number; generation: number; first: number; lines: readonly LogLine[] }
  | {
      type: 'log.matches';
      tile: string;
      search: number;
      generation: number;
      /** Matches on this line and below, sent before, no longer hold. */
      dropFrom: number;
      /** `line, start, end` for each match. */
      matches: readonly number[];
      done: boolean;
      capped: boolean;
    }
  | { type: 'log.searchFailed'; tile: string; search: number; message: string }
  | { type: 'notice'; tile: string; message: string };
