import assert from 'node:assert/strict';
import { explainFailure, type Failure } from '../../../../src/dataproc/failures/explainFailure';
import { failureCases } from '../../../../src/dataproc/failures/failureCases';

const place = { what: 'The cluster etl could not be created.', project: 'my-project', region: 'europe-west1' };

/** What the service says, and the code, the try that may help, and words of the cause and the remedy. */
const said: readonly [given: Partial<Failure> & { message: string }, code: string, retry: string, words: string[]][] = [
  [
    {
      message:
        "ZONE_RESOURCE_POOL_EXHAUSTED: The zone 'projects/my-project/zones/europe-west1-b' does not have enough resources available to fulfill the request. Try a different zone, or try again later.",
      code: 'UNAVAILABLE',
    },
    'zoneHasNoMachines',
    'otherPlace',
    ['europe-west1-b', 'another machine type'],
  ],
  [{ message: 'state:STOCKOUT' }, 'zoneHasNoMachines', 'otherPlace', ['The zone has no such machines']],
  [
    { message: 'Cannot start master: Timed out waiting for 2 nodes.' },
    'machinesDoNotMeet',
    'otherPlace',
    ['firewall', 'tcp, udp and icmp'],
  ],
  [
    { message: 'Operation timed out: Only 1 out of 2 minimum required datanodes running.' },
    'machinesDoNotMeet',
    'otherPlace',
    ['another zone'],
  ],
  [
    { message: "Insufficient 'N2_CPUS' quota. Requested 24.0, available 8.0.", code: 'INVALID_ARGUMENT', status: 400 },
    'quotaExceeded',
    'never',
    ['N2_CPUS in europe-west1', '24 are asked for and 8 are left', 'fewer or smaller'],
  ],
  [
    { message: "Quota 'CPUS_ALL_REGIONS' exceeded. Limit: 32.0 globally.", code: 'RESOURCE_EXHAUSTED', status: 429 },
    'quotaExceeded',
    'never',
    ['CPUS_ALL_REGIONS', 'its limit is 32'],
  ],
  [{ message: "Quota 'IN_USE_ADDRESSES' exceeded." }, 'quotaExceeded', 'never', ['IN_USE_ADDRESSES']],
  [
    { message: 'Too fast', code: 'RESOURCE_EXHAUSTED', status: 429 },
    'tooManyRequests',
    'later',
    ['requests', 'slowly'],
  ],
  [{ message: 'slow down', status: 429 }, 'tooManyRequests', 'later', []],
  [
    {
      message: "User not authorized to act as service account 'run@my-project.iam.gserviceaccount.com'. To act as …",
      code: 'INVALID_ARGUMENT',
    },
    'serviceAccountNotAllowed',
    'never',
    ['run@my-project.iam.gserviceaccount.com', 'roles/iam.serviceAccountUser'],
  ],
  [
    {
      message:
        "Subnetwork 'default' does not support Private Google Access which is required for Dataproc clusters when 'internal_ip_only' is set to 'true'.",
      code: 'INVALID_ARGUMENT',
    },
    'noPrivateGoogleAccess',
    'never',
    ['subnetwork default', 'Private Google Access on'],
  ],
  [
    {
      message: "Required 'compute.subnetworks.use' permission for 'projects/host/regions/europe-west1/subnetworks/a'",
      code: 'PERMISSION_DENIED',
    },
    'subnetworkNotAllowed',
    'never',
    ['projects/host/regions/europe-west1/subnetworks/a', 'roles/compute.networkUser'],
  ],
  [
    { message: 'Constraint constraints/compute.vmExternalIpAccess violated for project 12.' },
    'organizationPolicy',
    'never',
    ['constraints/compute.vmExternalIpAccess', 'internalIpOnly'],
  ],
  [
    { message: 'Constraint constraints/compute.requireShieldedVm violated.' },
    'organizationPolicy',
    'never',
    ['constraints/compute.requireShieldedVm', 'shielded machines'],
  ],
  [
    { message: 'Constraint constraints/gcp.restrictNonCmekServices violated.' },
    'organizationPolicy',
    'never',
    ['administrators'],
  ],
  [
    {
      message:
        'Cloud Dataproc API has not been used in project 12 before or it is disabled. Enable dataproc.googleapis.com',
      code: 'PERMISSION_DENIED',
      status: 403,
    },
    'serviceDisabled',
    'never',
    ['gcloud services enable dataproc.googleapis.com --project my-project'],
  ],
  [
    { message: 'No.', code: 'PERMISSION_DENIED', reason: 'SERVICE_DISABLED' },
    'serviceDisabled',
    'never',
    ['is not enabled'],
  ],
  [
    {
      message: "Service account '12-compute@developer.gserviceaccount.com' is missing role roles/dataproc.worker.",
    },
    'machinesMayNotWork',
    'never',
    ['12-compute@developer.gserviceaccount.com', 'roles/dataproc.worker'],
  ],
  [
    { message: "Initialization action timed out. Failed action 'gs://b/own.sh', see output in: gs://b/m/x_output" },
    'initializationTimedOut',
    'never',
    ['gs://b/own.sh', 'Cloud NAT', 'more time'],
  ],
  [
    { message: "Initialization action failed. Failed action 'gs://b/own.sh', see output in: gs://b/m/x_output" },
    'initializationFailed',
    'never',
    ['gs://b/own.sh', 'what it printed'],
  ],
  [
    {
      message:
        "Google Cloud Dataproc Agent reports failure. If logs are available, they can be found in 'gs://b/google-cloud-dataproc-metainfo/u/etl-m'.",
    },
    'initializationFailed',
    'never',
    [],
  ],
  [
    {
      message:
        'Driver received SIGTERM/SIGKILL signal and exited with 143 code, which potentially signifies a memory pressure.',
    },
    'driverOutOfMemory',
    'never',
    ['too much memory', 'larger master'],
  ],
  [
    { message: "Permission 'dataproc.clusters.create' denied on resource", code: 'PERMISSION_DENIED', status: 403 },
    'permissionDenied',
    'never',
    ['dataproc.clusters.create', 'my-project', 'roles/dataproc.editor'],
  ],
  [
    { message: 'u@x.com does not have storage.objects.create access', status: 403 },
    'permissionDenied',
    'never',
    ['storage.objects.create', 'Ask for a role that has it.'],
  ],
  [{ message: 'Forbidden', status: 403 }, 'permissionDenied', 'never', ['not enough for dashboards']],
  [{ message: 'no token', status: 401 }, 'signInNeeded', 'never', ['gcloud auth application-default login']],
  [
    { message: 'Already exists: Cluster etl', code: 'ALREADY_EXISTS', status: 409 },
    'nameTaken',
    'later',
    ['another name'],
  ],
  [
    { message: "Cluster in state 'STOPPED' cannot take jobs", code: 'FAILED_PRECONDITION', status: 400 },
    'clusterNotReady',
    'never',
    ['state STOPPED', 'Start it'],
  ],
  [
    { message: "Cluster in state 'DELETING'", code: 'FAILED_PRECONDITION' },
    'clusterNotReady',
    'never',
    ['state DELETING', 'another cluster'],
  ],
  [
    { message: 'Backend busy', code: 'UNAVAILABLE', status: 503 },
    'dataprocFailed',
    'later',
    ['Google says: Backend busy.'],
  ],
  [
    { message: 'x\ny', code: 'INVALID_ARGUMENT', status: 400 },
    'dataprocFailed',
    'never',
    ['Google says: x.', 'the log'],
  ],
  [{ message: '' }, 'dataprocFailed', 'never', ['could not be created. Look']],
  [
    {
      message: 'storage.googleapis.com could not be reached: connect ECONNREFUSED',
      code: 'UNAVAILABLE',
      network: 'ECONNREFUSED',
    },
    'networkFailed',
    'later',
    ['network of this machine', 'storage.googleapis.com could not be reached (ECONNREFUSED)', 'http.proxy'],
  ],
  [
    {
      message: 'dataproc.googleapis.com could not be reached: self-signed certificate',
      network: 'SELF_SIGNED_CERT_IN_CHAIN',
    },
    'certificateNotTrusted',
    'later',
    ['certificate of dataproc.googleapis.com', 'http.systemCertificates'],
  ],
  [
    {
      message:
        'Google Cloud Dataproc Agent reports job failure. If logs are available, they can be found at:\nhttps://x',
    },
    'driverGone',
    'never',
    ['the end of the log'],
  ],
  [
    { message: 'Not found: Cluster projects/p/regions/r/clusters/dask-1', code: 'NOT_FOUND', status: 404 },
    'clusterGone',
    'never',
    ['time limits', '"maxAge"'],
  ],
  [{ message: 'The specified bucket does not exist.', status: 404 }, 'bucketMissing', 'never', ['"stagingBucket"']],
  [
    {
      message: "Cluster 'etl' must be RUNNING before it can accept jobs, current cluster state is 'DELETING'.",
      code: 'FAILED_PRECONDITION',
      status: 400,
    },
    'clusterNotReady',
    'never',
    ['in the state DELETING', 'another cluster'],
  ],
  [{ message: 'Operation was cancelled.', code: 'CANCELLED' }, 'operationCancelled', 'never', ['somebody else']],
];

describe('A failure of Dataproc', () => {
  for (const [given, code, retry, words] of said) {
    it(`is explained: ${given.message.slice(0, 60) || 'nothing said'}`, () => {
      const { error, retry: again } = explainFailure({ ...place, ...given });
      assert.deepEqual([error.code, again], [code, retry]);
      for (const word of words) {
        assert.ok(error.message.includes(word), `"${word}" in: ${error.message}`);
      }
      assert.ok(error.message.startsWith(place.what));
      assert.doesNotMatch(error.message, /undefined|\.\.|!|\s{2}/);
    });
  }

  it('has an example of each kind here', () => {
    const seen = new Set(said.map(([, code]) => code));
    assert.deepEqual(
      failureCases.map(({ code }) => code).filter((code) => !seen.has(code)),
      [],
    );
  });

  it('tells where the output of an initialization action is', () => {
    const message = "Initialization action failed. Failed action 'gs://b/own.sh', see output in: gs://b/m/x_output";
    assert.equal(explainFailure({ ...place, message }).output, 'gs://b/m/x_output');
    const agent = "they can be found in 'gs://b/google-cloud-dataproc-metainfo/u/etl-m'.";
    assert.equal(explainFailure({ ...place, message: agent }).output, 'gs://b/google-cloud-dataproc-metainfo/u/etl-m');
    assert.equal(explainFailure({ ...place, message: 'no' }).output, undefined);
  });

  it('is mended on the page of its project', () => {
    const { error } = explainFailure({ ...place, message: "Quota 'CPUS' exceeded" });
    const [button] = error.buttons;
    assert.ok(button?.action.kind === 'openUrl' && button.action.url.endsWith('quotas?project=my-project'));
  });

  it('cuts long words of the service', () => {
    const { error } = explainFailure({ ...place, message: 'x'.repeat(5000) });
    assert.ok(error.message.length < 500);
  });
});
