import type { SchedulerEndpoint } from '../core/cluster';
import { asRecord, stringField } from '../core/jsonValue';
import type { GoogleCluster } from './google/googleApi';
import type { RelayTarget } from './iap/relayConnection';
import { masterHttpPort } from './machinePaths';

/** Where initialize.sh has Knox serve the scheduler. */
const gatewayPath = '/gateway/default/dask';

export interface EndpointParts {
  token: (signal: AbortSignal) => Promise<string>;
  /** A port of this machine's loopback address that leads to one of a master. */
  tunnel: (target: RelayTarget) => Promise<number>;
}

/**
 * How a cluster's scheduler is reached: drivers at the master, everybody else through Component Gateway, which wants
 * a token with each request and strips it. The gateway's titles have no Dask: its origin is that of any of them.
 * Without the gateway, through a tunnel of Identity-Aware Proxy. Throws what `tunnel` throws.
 */
export async function schedulerEndpoint(
  cluster: GoogleCluster,
  { token, tunnel }: EndpointParts,
): Promise<SchedulerEndpoint> {
  const any = Object.values(cluster.httpPorts)[0];
  const master = `${cluster.name}-m`;
  const base = { address: `tls://${master}:8786`, dashboard: true, containers: true };
  if (any !== undefined) {
    return {
      ...base,
      httpUrl: `${new URL(any).origin}${gatewayPath}`,
      headers: async () => ({
        'Proxy-Authorization': `Bearer ${await token(AbortSignal.timeout(30_000))}`,
      }),
    };
  }
  const secret = secretOf(cluster);
  if (secret === undefined || cluster.zone === '') {
    return {
      ...base,
      httpUrl: undefined,
      dashboardProblem:
        'The dashboard cannot be reached: the cluster has no Component Gateway. Create clusters with this extension, or turn it on for them.',
      dashboard: false,
    };
  }
  const { project, zone } = cluster;
  const port = await tunnel({ project, zone, instance: master, port: masterHttpPort });
  return { ...base, httpUrl: `http://127.0.0.1:${port}/${secret}` };
}

/** First part of the paths of its HTTP side; who may look at the cluster may know it. */
function secretOf({ metadata }: GoogleCluster): string | undefined {
  try {
    return stringField(asRecord(JSON.parse(metadata['dask-runner-spec'] ?? '')), 'httpSecret');
  } catch {
    return undefined;
  }
}
