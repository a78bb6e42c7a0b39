import { machineType, type MachineType } from '../compute/places';
import { allowZeroWorkers, isInternalByDefault, lastPart, latestImage, usualType } from './clusterChecks';
import type { ClusterConfig, InstanceGroup, Place } from './model';

const api = 'https://www.googleapis.com/compute/v1/projects';
/** What a short image version stands for. */
const images: Readonly<Record<string, string>> = {
  '2.0': '2.0.125-debian10',
  '2.1': '2.1.74-debian11',
  '2.2': latestImage,
  '2.3': '2.3.12-debian12',
  '3.0': '3.0.4-debian13',
};

/** The config that the service makes of what was asked for: everything that it fills in, as real answers have it. */
export function filledConfig(
  { projectId, region }: Place,
  clusterName: string,
  zone: string,
  buckets: { readonly config: string; readonly temp: string },
  asked: ClusterConfig,
): ClusterConfig {
  const asksGce = asked.gceClusterConfig ?? {};
  const asksSoftware = asked.softwareConfig ?? {};
  const imageVersion = fullImage(asksSoftware.imageVersion);
  const base = `${api}/${projectId}`;
  const image = `${api}/cloud-dataproc/global/images/dataproc-${imageVersion.replace(/\./g, '-').replace(/-debian/, '-deb')}-20241018-045100-rc01`;
  const zero = asksSoftware.properties?.[allowZeroWorkers] === 'true';
  const group = (given: InstanceGroup | undefined, count: number, preemptibility: string): InstanceGroup => {
    const type = lastPart(given?.machineTypeUri ?? asked.workerConfig?.machineTypeUri ?? usualType);
    return {
      ...given,
      numInstances: given?.numInstances ?? count,
      imageUri: given?.imageUri ?? image,
      machineTypeUri: `${base}/zones/${zone}/machineTypes/${type}`,
      diskConfig: {
        ...given?.diskConfig,
        bootDiskSizeGb: given?.diskConfig?.bootDiskSizeGb ?? 500,
        bootDiskType: given?.diskConfig?.bootDiskType ?? 'pd-standard',
      },
      minCpuPlatform: given?.minCpuPlatform ?? 'AUTOMATIC',
      preemptibility: given?.preemptibility ?? preemptibility,
    };
  };
  const master = group(
    { ...asked.masterConfig, machineTypeUri: asked.masterConfig?.machineTypeUri ?? usualType },
    1,
    'NON_PREEMPTIBLE',
  );
  const worker = group(asked.workerConfig, zero ? 0 : 2, 'NON_PREEMPTIBLE');
  const secondary = asked.secondaryWorkerConfig;
  const workerType = machineType(lastPart((worker.numInstances === 0 ? master : worker).machineTypeUri ?? ''));
  return {
    ...asked,
    configBucket: buckets.config,
    tempBucket: buckets.temp,
    gceClusterConfig: {
      ...asksGce,
      zoneUri: `${base}/zones/${zone}`,
      ...network(base, region, asksGce.networkUri, asksGce.subnetworkUri),
      serviceAccountScopes: asksGce.serviceAccountScopes ?? ['https://www.googleapis.com/auth/cloud-platform'],
      internalIpOnly: asksGce.internalIpOnly ?? isInternalByDefault(imageVersion),
      shieldedInstanceConfig: {
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
        ...asksGce.shieldedInstanceConfig,
      },
    },
    masterConfig: master,
    ...(worker.numInstances === 0 ? {} : { workerConfig: worker }),
    ...((secondary?.numInstances ?? 0) === 0
      ? {}
      : { secondaryWorkerConfig: secondaryGroup(group(secondary, 0, 'PREEMPTIBLE'), clusterName) }),
    softwareConfig: {
      ...asksSoftware,
      imageVersion,
      properties: { ...properties(clusterName, workerType, worker.numInstances ?? 0), ...asksSoftware.properties },
    },
    ...(asked.initializationActions === undefined
      ? {}
      : {
          initializationActions: asked.initializationActions.map((action) => ({ executionTimeout: '600s', ...action })),
        }),
    endpointConfig: asked.endpointConfig?.enableHttpPortAccess === true ? { enableHttpPortAccess: true } : {},
  };
}

/** A group of secondary workers as it is shown. */
export function secondaryGroup(group: InstanceGroup, clusterName: string): InstanceGroup {
  return {
    ...group,
    isPreemptible: group.preemptibility !== 'NON_PREEMPTIBLE',
    managedGroupConfig: {
      instanceTemplateName: `dataproc-${clusterName}-sw`,
      instanceGroupManagerName: `dataproc-${clusterName}-sw`,
    },
  };
}

function fullImage(version = latestImage): string {
  const short = /^\d+\.\d+/.exec(version)?.[0] ?? '';
  return /^\d+\.\d+\.\d+-/.test(version) ? version : (images[short] ?? latestImage);
}

function network(base: string, region: string, networkUri?: string, subnetworkUri?: string): object {
  const name = lastPart(networkUri ?? subnetworkUri ?? 'default');
  return subnetworkUri === undefined
    ? { networkUri: `${base}/global/networks/${name}` }
    : { subnetworkUri: `${base}/regions/${region}/subnetworks/${name}` };
}

/** What the service puts in by the machines: the ones that people look at. Memory for YARN is 80 % of a worker's. */
function properties(clusterName: string, type: MachineType | undefined, workers: number): Record<string, string> {
  const { vcpus = 4, memoryMb = 16_384 } = type ?? {};
  const yarnMb = Math.ceil((memoryMb * 0.8) / 2) * 2;
  const executorMb = Math.floor(yarnMb / 2 / 1.17) - 145;
  return {
    'capacity-scheduler:yarn.scheduler.capacity.resource-calculator':
      'org.apache.hadoop.yarn.util.resource.DominantResourceCalculator',
    'capacity-scheduler:yarn.scheduler.capacity.root.default.ordering-policy': 'fair',
    'core:fs.gs.block.size': '134217728',
    'core:hadoop.ssl.enabled.protocols': 'TLSv1,TLSv1.1,TLSv1.2',
    'hdfs:dfs.datanode.address': '0.0.0.0:9866',
    'hdfs:dfs.namenode.http-address': '0.0.0.0:9870',
    'hdfs:dfs.namenode.lifeline.rpc-address': `${clusterName}-m:8050`,
    'hdfs:dfs.namenode.servicerpc-address': `${clusterName}-m:8051`,
    'mapred:mapreduce.map.cpu.vcores': '1',
    'mapred:mapreduce.map.memory.mb': String(Math.ceil(yarnMb / 2)),
    'spark:spark.driver.memory': `${Math.floor(memoryMb / 4)}m`,
    'spark:spark.executor.cores': String(Math.max(Math.floor(vcpus / 2), 1)),
    'spark:spark.executor.instances': String(Math.max(workers, 1)),
    'spark:spark.executor.memory': `${executorMb}m`,
    'spark:spark.scheduler.mode': 'FAIR',
    'spark:spark.yarn.am.memory': '640m',
    'yarn:yarn.nodemanager.address': '0.0.0.0:8026',
    'yarn:yarn.nodemanager.resource.cpu-vcores': String(vcpus),
    'yarn:yarn.nodemanager.resource.memory-mb': String(yarnMb),
    'yarn:yarn.resourcemanager.nodemanager-graceful-decommission-timeout-secs': '86400',
    'yarn:yarn.scheduler.maximum-allocation-mb': String(yarnMb),
    'yarn:yarn.scheduler.minimum-allocation-mb': '1',
  };
}
