import type { SchedulerEndpoint } from '../core/cluster';
import type { GoogleCluster } from './google/googleApi';

/** Where initialize.sh has Knox serve the scheduler. */
const gatewayPath = '/gateway/default/dask';

/**
 * How a cluster's scheduler is reached: drivers at the master, everybody else through Component Gateway, which wants
 * a token with each request and strips it. The gateway's titles have no Dask: its origin is that of any of them.
 */
export function schedulerEndpoint(
  cluster: GoogleCluster,
  token: (signal: AbortSignal) => Promise<string>,
): SchedulerEndpoint {
  const any = Object.values(cluster.httpPorts)[0];
  const address = `tls://${cluster.name}-m:8786`;
  if (any === undefined) {
    return {
      address,
      httpUrl: undefined,
      dashboardProblem:
        'The dashboard cannot be reached: the cluster has no Component Gateway. Create clusters with this extension, or turn it on for them.',
      dashboard: false,
    };
  }
  return {
    address,
    httpUrl: `${new URL(any).origin}${gatewayPath}`,
    headers: async () => ({
      'Proxy-Authorization': `Bearer ${await token(AbortSignal.timeout(30_000))}`,
    }),
    dashboard: true,
    containers: true,
  };
}
