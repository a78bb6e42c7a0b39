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
