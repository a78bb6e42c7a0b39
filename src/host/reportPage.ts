import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';

import { UserError } from '../core/errors';
import { confined } from './reportPolicy';

/**
 * Shows Dask's performance report, a page with its scripts inside, in an editor of its own.
 *
 * @throws UserError when the file cannot be read
 */
export async function showReport(path: string, title: string): Promise<void> {
  let page: string;
  try {
    page = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UserError({
      code: 'reportGone',
      what: `The performance report of ${title} cannot be read.`,
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Run the file again to make a new one.',
      cause,
    });
  }
  const panel = vscode.window.createWebviewPanel('dask.report', `Report: ${title}`, vscode.ViewColumn.Active, {
    enableScripts: true,
    localResourceRoots: [],
  });
  panel.webview.html = confined(page);
}
