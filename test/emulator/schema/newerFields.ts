// What the service takes and the protos of the npm package do not have yet: from the protos of Google's Python
// client (google-cloud-dataproc 5.32.0), and from gcloud (JobScheduling.ttl).

interface NewerField {
  readonly type: string;
  readonly rule?: string;
  readonly keyType?: string;
}

const duration: NewerField = { type: 'google.protobuf.Duration' };

/** By message, seen from the API's package. Enums among them are taken as texts. */
export const newerFields: Readonly<Record<string, Readonly<Record<string, NewerField>>>> = {
  ClusterConfig: { clusterType: { type: 'string' }, clusterTier: { type: 'string' }, engine: { type: 'string' } },
  GceClusterConfig: { resourceManagerTags: { keyType: 'string', type: 'string' } },
  LifecycleConfig: {
    idleStopTtl: duration,
    autoStopTtl: duration,
    autoStopTime: { type: 'google.protobuf.Timestamp' },
  },
  JobScheduling: { ttl: duration },
  YarnApplication: { vcoreSeconds: { type: 'int64' }, memoryMbSeconds: { type: 'int64' } },
};

export const newerValues: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Component: { ICEBERG: 19, DELTA: 20, PIG: 21, JUPYTER_KERNEL_GATEWAY: 22 },
};
