import type { ServerResponse } from 'node:http';
import type { ThemeChoice } from './dashboardTheme';

/** A page with one sentence, readable in the frame's own colours. */
export function sendPage(response: ServerResponse, status: number, text: string, theme: ThemeChoice | undefined): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const colours =
    theme === undefined ? 'color-scheme: light dark;' : `color: ${theme.foreground}; background: ${theme.background};`;
  const body = `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Dask dashboard</title><style>html { ${colours} font: 13px system-ui, sans-serif; } body { margin: 1.5em; }</style></head><body><p>${text}</p></body></html>`;
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(body);
}
