import type { MachineDaemons, Metrics } from './clusterMachines';

/** Machines without YARN: what runs on them is what initialization actions and jobs start. */
export const noDaemons: MachineDaemons = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  decommission: () => Promise.resolve(),
  environment: () => ({}),
  busy: () => Promise.resolve(false),
  metrics: (): Promise<Metrics> => Promise.resolve({ hdfs: {}, yarn: {} }),
  yarnApplications: () => Promise.resolve([]),
  webService: () => Promise.resolve(undefined),
};
