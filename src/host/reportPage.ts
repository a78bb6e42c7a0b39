import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';

import { UserError } from '../core/errors';

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

/**
 * The report's own scripts and styles, Bokeh's from its usual host where they are not inside, and
 * nothing else: it cannot send anything anywhere.
 */
export function confined(page: string): string {
  const host = 'https://cdn.bokeh.org';
  const policy = [
    "default-src 'none'",
    `script-src 'unsafe-inline' 'unsafe-eval' ${host}`,
    `style-src 'unsafe-inline' ${host}`,
    'img-src data:',
    'font-src data:',
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><style>html { background: #fff; }</style>`;
  return /<head[^>]*>/i.test(page) ? page.replace(/<head[^>]*>/i, (tag) => tag + head) : head + page;
}
