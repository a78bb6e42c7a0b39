/** The report's own scripts and styles, which are inside it, and nothing else: it loads and sends nothing. */
export function confined(page: string): string {
  const policy = [
    "default-src 'none'",
    "script-src 'unsafe-inline' 'unsafe-eval'",
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
  ].join('; ');
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><style>html { background: #fff; }</style>`;
  return /<head[^>]*>/i.test(page) ? page.replace(/<head[^>]*>/i, (tag) => tag + head) : head + page;
}
