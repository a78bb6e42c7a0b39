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
  [
    {
      message: "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: 6D9kX-1aB_c",
      code: 'PERMISSION_DENIED',
      status: 403,
    },
    'outsidePerimeter',
    'never',
    ['perimeter of VPC Service Controls is around the project my-project', 'this identifier: 6D9kX-1aB_c'],
  ],
  [
    {
      message: 'Prohibited.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'SECURITY_POLICY_VIOLATED',
      metadata: { uid: 'u-7' },
    },
    'outsidePerimeter',
    'never',
    ['this identifier: u-7'],
  ],
  [
    {
      message:
        'This API method requires billing to be enabled. Please enable billing on project #12 by visiting https://x then retry.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'BILLING_DISABLED',
      metadata: { consumer: 'projects/12' },
    },
    'billingMissing',
    'never',
    ['project my-project has no billing account that is open', 'Link one'],
  ],
  [
    { message: 'The billing account for the owning project is disabled in state absent', status: 403 },
    'billingMissing',
    'never',
    [],
  ],
  [
    {
      message:
        "Billing account for project '12' is not found. Billing must be enabled for activation of service(s) 'dataproc.googleapis.com' to proceed.",
      code: 'FAILED_PRECONDITION',
      status: 400,
    },
    'billingMissing',
    'never',
    [],
  ],
  [
    {
      message:
        'Your application is authenticating by using local Application Default Credentials. The dataproc.googleapis.com API requires a quota project, which is not set by default.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'SERVICE_DISABLED',
    },
    'quotaProjectMissing',
    'never',
    ['set-quota-project my-project'],
  ],
  [
    {
      message:
        'Caller does not have required permission to use project shared-billing. Grant the caller the roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'USER_PROJECT_DENIED',
      metadata: { consumer: 'projects/shared-billing', service: 'dataproc.googleapis.com' },
    },
    'quotaProjectDenied',
    'never',
    ['for the project shared-billing', 'roles/serviceusage.serviceUsageConsumer', 'set-quota-project my-project'],
  ],
  [
    { message: 'No.', status: 403, reason: 'USER_PROJECT_DENIED', metadata: { consumer: 'projects/12' } },
    'quotaProjectDenied',
    'never',
    ['for the project my-project', 'set-quota-project PROJECT'],
  ],
  [
    {
      message: 'Request had insufficient authentication scopes.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
    },
    'scopesTooNarrow',
    'never',
    ['scopes are too narrow', 'gcloud auth application-default login', 'cloud-platform'],
  ],
  [
    {
      message: 'Permission denied on resource project my-project.',
      code: 'PERMISSION_DENIED',
      status: 403,
      reason: 'CONSUMER_INVALID',
      metadata: { consumer: 'projects/my-project' },
    },
    'projectNotFound',
    'never',
    ['no project my-project', 'Correct "project"'],
  ],
  [
    {
      message:
        'Operation denied by custom org policies: ["customConstraints/custom.dataprocNoSpot": "Spot machines are not for us"]',
      code: 'FAILED_PRECONDITION',
      status: 400,
      reason: 'CUSTOM_ORG_POLICY_VIOLATION',
    },
    'customOrganizationPolicy',
    'never',
    ['custom.dataprocNoSpot (“Spot machines are not for us”)', 'administrators'],
  ],
  [
    { message: 'Denied.', code: 'FAILED_PRECONDITION', reason: 'CUSTOM_ORG_POLICY_VIOLATION' },
    'customOrganizationPolicy',
    'never',
    ['made itself forbids it.'],
  ],
  [
    {
      message: 'Violates constraints/gcp.resourceLocations and constraints/compute.vmExternalIpAccess.',
      code: 'FAILED_PRECONDITION',
    },
    'organizationPolicy',
    'never',
    ['constraints/gcp.resourceLocations, constraints/compute.vmExternalIpAccess', '"region"', 'internalIpOnly'],
  ],
  [
    {
      message: 'The requested bucket name is not available. The bucket namespace is shared by all users of the system.',
      status: 409,
    },
    'bucketNameTaken',
    'never',
    ['"stagingBucket"'],
  ],
  [
    { message: 'The resource is being used by something.', code: 'ALREADY_EXISTS', status: 409 },
    'dataprocFailed',
    'never',
    ['Google says: The resource is being used by something.'],
  ],
  [
    { message: 'The service agent of the project is missing.', code: 'FAILED_PRECONDITION', status: 400 },
    'dataprocFailed',
    'never',
    ['Google says: The service agent of the project is missing.'],
  ],
  [{ message: 'FAILED_PRECONDITION', code: 'FAILED_PRECONDITION' }, 'dataprocFailed', 'never', ['FAILED_PRECONDITION']],
  [
    { message: 'The pool of addresses is used up.', code: 'RESOURCE_EXHAUSTED', status: 429 },
    'dataprocFailed',
    'never',
    ['Google says: The pool of addresses is used up.'],
  ],
  [
    { message: 'The disk is in another country.', code: 'PERMISSION_DENIED', status: 403 },
    'dataprocFailed',
    'never',
    ['Google says: The disk is in another country.'],
  ],
  [
    { message: 'Access to the key is revoked.', status: 403 },
    'permissionDenied',
    'never',
    ['Google refuses it to your account: Access to the key is revoked.'],
  ],
  [
    {
      message:
        'service-12@dataproc-accounts.iam.gserviceaccount.com does not have storage.buckets.get access to the bucket.',
      status: 403,
    },
    'permissionDenied',
    'never',
    ['The service account service-12@dataproc-accounts.iam.gserviceaccount.com lacks', 'storage.buckets.get'],
  ],
];

const quotas = {
  N2_CPUS: "Insufficient 'N2_CPUS' quota. Requested 24.0, available 8.0.",
  DISKS_TOTAL_GB: "Insufficient 'DISKS_TOTAL_GB' quota. Requested 3000.0, available 500.0.",
  IN_USE_ADDRESSES: "Insufficient 'IN_USE_ADDRESSES' quota. Requested 3.0, available 0.0.",
};
const allQuotas = [
  ...['N2_CPUS in europe-west1 is used up: 24 are asked for and 8 are left.', 'fewer or smaller machines'],
  ...['DISKS_TOTAL_GB in europe-west1 is used up: 3000 are asked for and 500 are left.', '"diskSize"'],
  ...['IN_USE_ADDRESSES in europe-west1 is used up: 3 are asked for and 0 are left.', '"internalIpOnly"'],
];

/** Messages that name several causes, the code, the retry, and words of each. */
const lists: readonly [name: string, message: string, code: string, retry: string, words: readonly string[]][] = [
  [
    'quotas below a heading',
    `Multiple validation errors:\n - ${Object.values(quotas).join(' See https://x.\n - ')}`,
    'quotaExceeded',
    'never',
    allQuotas,
  ],
  ['quotas in one line', `Invalid request: ${Object.values(quotas).join(', ')}`, 'quotaExceeded', 'never', allQuotas],
  [
    'different causes',
    `Multiple Errors:\n - ${quotas.N2_CPUS}\n - Subnetwork 'a' does not support Private Google Access\n - The moon is full`,
    'quotaExceeded',
    'never',
    ['N2_CPUS', 'subnetwork a has no Private', 'Google says: The moon is full.', 'Turn Private Google Access on'],
  ],
  [
    'machines that are missing, with what came of it',
    'Multiple Errors:\n - state:STOCKOUT\n - Machine etl-w-1 did not come\n   in time',
    'zoneHasNoMachines',
    'otherPlace',
    ['has no such machines', 'Machine etl-w-1 did not come in time.'],
  ],
  [
    'nothing that is known',
    'These are wrong:\nthe colour\nthe shape',
    'dataprocFailed',
    'never',
    ['Google says: the colour.', 'Google says: the shape.'],
  ],
  [
    'a heading that is a cause',
    `${quotas.N2_CPUS}\n - ${quotas.DISKS_TOTAL_GB}`,
    'quotaExceeded',
    'never',
    ['N2_CPUS', 'DISKS_TOTAL_GB'],
  ],
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

  for (const [name, message, code, retry, words] of lists) {
    it(`is told with all of its causes: ${name}`, () => {
      const { error, retry: again } = explainFailure({ ...place, message, code: 'INVALID_ARGUMENT', status: 400 });
      assert.deepEqual([error.code, again], [code, retry]);
      for (const word of words) {
        assert.ok(error.message.includes(word), `"${word}" in: ${error.message}`);
      }
      assert.doesNotMatch(error.message, /Multiple|undefined|\.\.|\s{2}/);
    });
  }

  it('has a link to where each of its causes is mended, once', () => {
    const message = `Multiple Errors:\n - ${quotas.N2_CPUS}\n - ${quotas.DISKS_TOTAL_GB}\n - constraints/a.b violated`;
    const { error } = explainFailure({ ...place, message });
    assert.deepEqual(
      error.buttons.map(({ title }) => title),
      ['Open Quotas', 'Open Policies', 'Show Log'],
    );
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
