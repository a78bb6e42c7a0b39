import type { SchedulerEndpoint } from '../../src/core/cluster';
import { DashboardProxyServer } from '../../src/scheduler/dashboardProxyServer';
import { quietLogger } from './benchmark';

/**
 * Stands for an extension host with proxies: opens one for each endpoint that its parent sends, and tells its URL.
 * An earlier one of the same dashboard is closed: the new one has kept nothing.
 */
const servers = new Map<string | undefined, DashboardProxyServer>();
process.on('message', (endpoint: SchedulerEndpoint) => {
  servers.get(endpoint.httpUrl)?.dispose();
  const server = new DashboardProxyServer(quietLogger);
  servers.set(endpoint.httpUrl, server);
  void server.open(endpoint).then(({ port, secret }) => process.send?.(`http://127.0.0.1:${port}/${secret}`));
});
process.on('disconnect', () => process.exit());
