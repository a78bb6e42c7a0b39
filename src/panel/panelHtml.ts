import { randomBytes } from 'node:crypto';

export interface PanelPage {
  /** Source of our own scripts, styles and fonts: `webview.cspSource`. */
  source: string;
  script: string;
  style: string;
  /** Address that frames may be loaded from; absent while there is no dashboard. */
  frames?: string;
}

/**
 * The panel's page: an empty body and one script. Nothing may be loaded but our own files and the frames of
 * this cluster's dashboard.
 */
export function panelHtml({ source, script, style, frames }: PanelPage): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${source}`,
    `font-src ${source}`,
    `frame-src ${frames ?? `'none'`}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<link rel="stylesheet" href="${escaped(style)}">
<title>Dask</title>
</head>
<body>
<script nonce="${nonce}" src="${escaped(script)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;');
}
