import type { GoogleCluster, GoogleClusterState, Place } from './googleApi';
import { enumAt, lastPart, listAt, numberAt, objectAt, textAt, textsAt, timeAt, type Json } from './wire';

/** By their numbers in `ClusterStatus.State`. */
const states: readonly [GoogleClusterState, ...GoogleClusterState[]] = [
  'UNKNOWN',
  'CREATING',
  'RUNNING',
  'ERROR',
  'DELETING',
  'UPDATING',
  'STOPPING',
  'STOPPED',
  'STARTING',
  'ERROR_DUE_TO_UPDATE',
  'REPAIRING',
];

export function clusterOf(place: Place, cluster: Json): GoogleCluster {
  const config = objectAt(cluster, 'config');
  const status = objectAt(cluster, 'status');
  const policy = textAt(objectAt(config, 'autoscalingConfig'), 'policyUri');
  return {
    ...place,
    name: textAt(cluster, 'clusterName'),
    uuid: textAt(cluster, 'clusterUuid'),
    state: enumAt(status, 'state', states),
    detail: textAt(status, 'detail'),
    createdAt: timeAt(listAt(cluster, 'statusHistory')[0] ?? status, 'stateStartTime'),
    labels: textsAt(cluster, 'labels'),
    metadata: textsAt(objectAt(config, 'gceClusterConfig'), 'metadata'),
    zone: lastPart(textAt(objectAt(config, 'gceClusterConfig'), 'zoneUri')),
    bucket: textAt(config, 'configBucket'),
    primaryWorkers: numberAt(objectAt(config, 'workerConfig'), 'numInstances'),
    secondaryWorkers: numberAt(objectAt(config, 'secondaryWorkerConfig'), 'numInstances'),
    machineType: machineType(config),
    imageVersion: textAt(objectAt(config, 'softwareConfig'), 'imageVersion'),
    policy: policy === '' ? undefined : policy,
    httpPorts: textsAt(objectAt(config, 'endpointConfig'), 'httpPorts'),
  };
}

/** Of the workers; of the master where it is alone. */
function machineType(config: Json): string {
  const worker = textAt(objectAt(config, 'workerConfig'), 'machineTypeUri');
  return lastPart(worker === '' ? textAt(objectAt(config, 'masterConfig'), 'machineTypeUri') : worker);
}
