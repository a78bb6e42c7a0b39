import { randomUUID } from 'node:crypto';
import type { ClusterMachines, MachineChange, MachineGroup, MachineKind } from '../core/cluster';
import { UserError } from '../core/errors';
import type { Logger } from '../core/ports';
import type { DataprocApi, GoogleCluster, PolicyBody } from './google/googleApi';
import { insist, operationEnd } from './operations';

interface Parts {
  dataproc: DataprocApi;
  logger: Logger;
}

/** Machines of one kind at most: as in profiles. */
const mostMachines = 1000;
/** Dataproc has no cluster with one worker. */
const leastPrimary = 2;

const groups = {
  primary: { config: 'workerConfig', mask: 'config.worker_config.num_instances', count: 'primaryWorkers' },
  secondary: {
    config: 'secondaryWorkerConfig',
    mask: 'config.secondary_worker_config.num_instances',
    count: 'secondaryWorkers',
  },
} as const;

/** The machines of a cluster with the limits of Dataproc, and of its autoscaling policy. Throws GoogleErrors. */
export async function machinesOf(
  { dataproc, logger }: Parts,
  cluster: GoogleCluster,
  signal: AbortSignal,
): Promise<ClusterMachines> {
  const id = cluster.policy?.split('/').at(-1);
  const policy =
    id === undefined
      ? undefined
      : await insist(() => dataproc.policy(cluster, id, signal), logger, `The policy ${id}`, signal);
  const alone = cluster.primaryWorkers === 0;
  return {
    primary: within(
      { count: cluster.primaryWorkers, lowest: leastPrimary, highest: mostMachines },
      id,
      policy?.workerConfig,
    ),
    secondary: alone
      ? { count: 0, lowest: 0, highest: 0, fixed: 'A cluster of one machine has no secondary ones.' }
      : within(
          { count: cluster.secondaryWorkers, lowest: 0, highest: mostMachines },
          id,
          policy === undefined ? undefined : (policy.secondaryWorkerConfig ?? {}),
        ),
    policy: id,
  };
}

/** The limits of a policy instead: beyond them it would scale back at once. */
function within(
  { count, lowest, highest }: MachineGroup,
  policy: string | undefined,
  limits: PolicyBody['workerConfig'] | undefined,
): MachineGroup {
  if (policy === undefined || limits === undefined || limits === null) {
    return { count, lowest, highest };
  }
  const maximum = limits.maxInstances ?? 0;
  const minimum = Math.max(lowest, limits.minInstances ?? 0);
  return {
    ...{ count, lowest: minimum, highest: maximum },
    ...(minimum < maximum || count !== maximum
      ? {}
      : { fixed: `The autoscaling policy ${policy} ${maximum === 0 ? 'allows none' : `keeps ${maximum}`} of them.` }),
  };
}

/**
 * Changes the number of machines, and resolves when the cluster is seen to have them. An abort ends the waiting alone.
 * Throws UserErrors `machinesFixed`, `machineCountInvalid`, `machinesDiffer`, and GoogleErrors.
 */
export async function resizeMachines(
  parts: Parts,
  cluster: GoogleCluster,
  { kind, count, graceSeconds }: MachineChange,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const machines = await machinesOf(parts, cluster, signal);
  const before = machines[kind].count;
  if (count === before) {
    return;
  }
  check(machines, kind, count);
  const { dataproc, logger } = parts;
  const group = groups[kind];
  const body = { config: { [group.config]: { numInstances: count } } };
  const grace = count < before ? { gracefulDecommissionSeconds: graceSeconds } : {};
  // One for all tries: where an answer was lost, the next one is of the same operation.
  const requestId = randomUUID();
  const operation = await insist(
    () => dataproc.updateCluster(cluster, cluster.name, body, [group.mask], grace, requestId, signal),
    logger,
    `Resizing ${cluster.name}`,
    signal,
  );
  await operationEnd(parts, cluster, operation, signal, ({ warnings }) => {
    onProgress([`${before} → ${count} ${kind} machines`, ...warnings].join(' · '));
  });
  const now = await insist(
    () => dataproc.cluster(cluster, cluster.name, signal),
    logger,
    `Looking at ${cluster.name}`,
    signal,
  );
  if (now?.uuid !== cluster.uuid || now[group.count] !== count) {
    throw differs(cluster, machines.policy, kind, count, now?.[group.count]);
  }
}

function check(machines: ClusterMachines, kind: MachineKind, count: number): void {
  const { lowest, highest, fixed } = machines[kind];
  if (fixed !== undefined) {
    throw new UserError({
      code: 'machinesFixed',
      what: `The number of ${kind} machines cannot be changed.`,
      why: fixed,
      next:
        machines.policy === undefined ? 'Create another cluster.' : 'Change the policy, or give the cluster another.',
    });
  }
  if (!Number.isInteger(count) || count < lowest || count > highest) {
    throw new UserError({
      code: 'machineCountInvalid',
      what: `${count} ${kind} machines cannot be had.`,
      next: `Ask for a whole number from ${lowest} to ${highest}.`,
    });
  }
}

function differs(
  { name }: GoogleCluster,
  policy: string | undefined,
  kind: MachineKind,
  wanted: number,
  there: number | undefined,
): UserError {
  return new UserError({
    code: 'machinesDiffer',
    what:
      there === undefined
        ? `The cluster ${name} is not there any more.`
        : `The cluster ${name} has ${there} ${kind} machines, not ${wanted}.`,
    ...(policy === undefined ? {} : { why: `Its autoscaling policy ${policy} decides.` }),
    next: 'Somebody else may have changed it at the same time: look at it, and try again.',
  });
}
