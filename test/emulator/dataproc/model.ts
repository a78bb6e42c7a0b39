// Messages of the API as JSON: the fields that the emulator itself reads or writes. Others pass through it.

export interface Place {
  readonly projectId: string;
  readonly region: string;
}

export type ClusterState =
  | 'CREATING'
  | 'RUNNING'
  | 'ERROR'
  | 'ERROR_DUE_TO_UPDATE'
  | 'DELETING'
  | 'UPDATING'
  | 'STOPPING'
  | 'STOPPED'
  | 'STARTING';

export interface Status<State extends string> {
  state: State;
  detail?: string;
  details?: string;
  substate?: string;
  stateStartTime: string;
}

export interface DiskConfig {
  bootDiskType?: string;
  bootDiskSizeGb?: number;
  numLocalSsds?: number;
}

export interface InstanceGroup {
  numInstances?: number;
  instanceNames?: string[];
  imageUri?: string;
  machineTypeUri?: string;
  diskConfig?: DiskConfig;
  isPreemptible?: boolean;
  preemptibility?: string;
  minCpuPlatform?: string;
  minNumInstances?: number;
  managedGroupConfig?: { instanceTemplateName: string; instanceGroupManagerName: string };
}

export interface GceClusterConfig {
  zoneUri?: string;
  networkUri?: string;
  subnetworkUri?: string;
  internalIpOnly?: boolean;
  serviceAccount?: string;
  serviceAccountScopes?: string[];
  tags?: string[];
  metadata?: Record<string, string>;
  shieldedInstanceConfig?: Record<string, boolean>;
}

export interface LifecycleConfig {
  idleDeleteTtl?: string;
  autoDeleteTime?: string;
  autoDeleteTtl?: string;
  idleStopTtl?: string;
  autoStopTtl?: string;
  autoStopTime?: string;
  idleStartTime?: string;
}

export interface ClusterConfig {
  configBucket?: string;
  tempBucket?: string;
  gceClusterConfig?: GceClusterConfig;
  masterConfig?: InstanceGroup;
  workerConfig?: InstanceGroup;
  secondaryWorkerConfig?: InstanceGroup;
  softwareConfig?: { imageVersion?: string; properties?: Record<string, string>; optionalComponents?: string[] };
  initializationActions?: { executableFile: string; executionTimeout?: string }[];
  autoscalingConfig?: { policyUri?: string };
  lifecycleConfig?: LifecycleConfig;
  endpointConfig?: { enableHttpPortAccess?: boolean; httpPorts?: Record<string, string> };
}

export interface Cluster {
  projectId: string;
  clusterName: string;
  config: ClusterConfig;
  status: Status<ClusterState>;
  clusterUuid: string;
  statusHistory: Status<ClusterState>[];
  labels: Record<string, string>;
  metrics?: { hdfsMetrics: Record<string, string>; yarnMetrics: Record<string, string> };
}

export type JobState =
  | 'PENDING'
  | 'SETUP_DONE'
  | 'RUNNING'
  | 'CANCEL_PENDING'
  | 'CANCEL_STARTED'
  | 'CANCELLED'
  | 'DONE'
  | 'ERROR'
  | 'ATTEMPT_FAILURE';

export interface Job {
  reference: { projectId: string; jobId: string };
  placement: { clusterName?: string; clusterUuid?: string; clusterLabels?: Record<string, string> };
  status: Status<JobState>;
  statusHistory?: Status<JobState>[];
  yarnApplications?: object[];
  driverOutputResourceUri?: string;
  driverControlFilesUri?: string;
  labels?: Record<string, string>;
  scheduling?: { maxFailuresPerHour?: number; maxFailuresTotal?: number; ttl?: string };
  jobUuid: string;
  done?: boolean;
}
