import { isJson } from '../json';

/** ClusterMetrics' names, and those of the ResourceManager. */
const names: Readonly<Record<string, string>> = {
  'yarn-apps-completed': 'appsCompleted',
  'yarn-apps-failed': 'appsFailed',
  'yarn-apps-killed': 'appsKilled',
  'yarn-apps-pending': 'appsPending',
  'yarn-apps-running': 'appsRunning',
  'yarn-apps-submitted': 'appsSubmitted',
  'yarn-containers-allocated': 'containersAllocated',
  'yarn-containers-pending': 'containersPending',
  'yarn-containers-reserved': 'containersReserved',
  'yarn-memory-mb-allocated': 'allocatedMB',
  'yarn-memory-mb-available': 'availableMB',
  'yarn-memory-mb-pending': 'pendingMB',
  'yarn-memory-mb-reserved': 'reservedMB',
  'yarn-memory-mb-total': 'totalMB',
  'yarn-nodes-active': 'activeNodes',
  'yarn-nodes-decommissioned': 'decommissionedNodes',
  'yarn-nodes-decommissioning': 'decommissioningNodes',
  'yarn-nodes-lost': 'lostNodes',
  'yarn-nodes-rebooted': 'rebootedNodes',
  'yarn-nodes-shutdown': 'shutdownNodes',
  'yarn-nodes-unhealthy': 'unhealthyNodes',
  'yarn-vcores-allocated': 'allocatedVirtualCores',
  'yarn-vcores-available': 'availableVirtualCores',
  'yarn-vcores-pending': 'pendingVirtualCores',
  'yarn-vcores-reserved': 'reservedVirtualCores',
  'yarn-vcores-total': 'totalVirtualCores',
};

/** What the ResourceManager answers at `/ws/v1/cluster/metrics`, as Dataproc reports it; nothing without an answer. */
export function yarnMetrics(answer: unknown): Record<string, number> {
  if (!isJson(answer)) {
    return {};
  }
  const found = Object.entries(names).map(([name, own]) => [name, Number(answer[own] ?? 0)] as const);
  return { ...Object.fromEntries(found), 'yarn-nodes-new': 0 };
}
