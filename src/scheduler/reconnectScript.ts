/** A page whose connection is not back by then is loaded again. Milliseconds. */
const patience = 10_000;

/**
 * Keeps a dashboard page alive. Bokeh gives a lost connection up after some tries, or at once before 3.7, and the plot
 * then stands still for good: such a page is loaded again as soon as its scheduler answers. Until then its last picture
 * stays, without Bokeh's red notice, which is also shown where a cluster has rightly ended.
 */
export const reconnectScript = `(() => {
  let leaving = false;
  let timer;
  addEventListener('beforeunload', () => { leaving = true; });
  const again = async () => {
    const answer = await fetch(location.href, { cache: 'no-store' }).catch(() => undefined);
    if (answer?.ok) location.reload();
    else timer = setTimeout(again, ${patience});
  };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...asked) {
      super(...asked);
      this.addEventListener('open', () => { clearTimeout(timer); timer = undefined; });
      this.addEventListener('close', () => { if (!leaving) timer ??= setTimeout(again, ${patience}); });
    }
  };
  const quiet = () => {
    const documents = window.Bokeh?.documents ?? [];
    for (const { config } of documents) {
      if (config?.properties?.notify_connection_status) config.setv({ notify_connection_status: false }, { sync: false });
    }
    if (documents.length === 0) setTimeout(quiet, 100);
  };
  addEventListener('load', quiet);
})();`;

/** A page of Dask's with this script, after all others of its head: also after the one by which a gateway has WebSockets. */
export function reconnecting(html: string): string {
  const end = html.search(/<\/head>/i);
  return end === -1 ? html : `${html.slice(0, end)}<script>${reconnectScript}</script>${html.slice(end)}`;
}
