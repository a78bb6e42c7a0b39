import * as vscode from 'vscode';
import type { RunRecord } from '../core/run';
import type { ToHost } from '../protocol/messages';
import type { DashboardFrames } from './dashboardFrames';
import type { EditorActions } from './editorActions';
import type { LogMessage } from './log/logTiles';
import type { PanelActions } from './panelPorts';

export type PanelRequest = Exclude<ToHost, LogMessage | { type: 'ready' | 'layout' | 'log.view' }>;

/** Does what the panel's buttons ask for, those of the logs aside. */
export class PanelRequests {
  readonly #actions: PanelActions;
  readonly #editor: EditorActions;
  readonly #frames: DashboardFrames;
  readonly #run: (id: string) => RunRecord | undefined;

  constructor(
    actions: PanelActions,
    editor: EditorActions,
    frames: DashboardFrames,
    run: (id: string) => RunRecord | undefined,
  ) {
    this.#actions = actions;
    this.#editor = editor;
    this.#frames = frames;
    this.#run = run;
  }

  async handle(message: PanelRequest): Promise<void> {
    switch (message.type) {
      case 'run':
        this.#act(message.action, message.runId);
        break;
      case 'run.location': {
        const location = this.#run(message.runId)?.error?.location;
        if (location) {
          await this.#editor.openFile(location.file, location.line);
        }
        break;
      }
      case 'dashboard.retry':
        this.#frames.retry();
        break;
      case 'dashboard.browser': {
        const address = this.#frames.address(message.path);
        if (address !== undefined) {
          await vscode.env.openExternal(vscode.Uri.parse(address, true));
        }
        break;
      }
      case 'showExtensionLog':
        this.#actions.showExtensionLog();
        break;
    }
  }

  #act(action: Extract<ToHost, { type: 'run' }>['action'], runId: string): void {
    switch (action) {
      case 'rerun':
        this.#actions.rerun(runId);
        break;
      case 'cancel':
        this.#actions.cancel(runId);
        break;
      case 'report':
        this.#actions.openReport(runId);
        break;
      case 'folder':
        this.#actions.openRunFolder(runId);
        break;
    }
  }
}
