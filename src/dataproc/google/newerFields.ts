import dataprocProtos from '@google-cloud/dataproc/build/protos/protos.json';
import { fallback } from 'google-gax';

type Type = 'string' | 'google.protobuf.Duration' | 'google.protobuf.Timestamp';

/**
 * What the service takes and the protos of `@google-cloud/dataproc` 6.0.1 do not have yet, with which it would be left
 * out of requests without a word: from the protos of Google's Python client (google-cloud-dataproc 5.32.0), and from
 * gcloud (`JobScheduling.ttl`). Their numbers do not matter over REST.
 */
const newer: Readonly<Record<string, Readonly<Record<string, Type>>>> = {
  ClusterConfig: { clusterType: 'string', clusterTier: 'string', engine: 'string' },
  LifecycleConfig: {
    idleStopTtl: 'google.protobuf.Duration',
    autoStopTtl: 'google.protobuf.Duration',
    autoStopTime: 'google.protobuf.Timestamp',
  },
  JobScheduling: { ttl: 'google.protobuf.Duration' },
};

/** Before the first client is made: all of them share the protos that are loaded once. */
export function addNewerFields(): void {
  const root = new fallback.GrpcClient({ auth: {} as never }).loadProtoJSON(dataprocProtos);
  for (const [message, fields] of Object.entries(newer)) {
    const type = root.lookupType(`google.cloud.dataproc.v1.${message}`);
    for (const [index, [name, kind]] of Object.entries(fields).entries()) {
      if (type.fields[name] === undefined) {
        type.add(new fallback.protobuf.Field(name, 900 + index, kind));
      }
    }
  }
}
