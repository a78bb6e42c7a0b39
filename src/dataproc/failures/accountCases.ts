import { console, means, projectIn, says, type FailureCase, type FailureNames } from './failureCase';
import type { Failure } from './explainFailure';

/** What stands between an account and a project, none of which a role in that project mends. */
export const accountCases: readonly FailureCase[] = [
  {
    code: 'outsidePerimeter',
    // Source: docs.cloud.google.com/vpc-service-controls/docs/troubleshooting
    matches: means('SECURITY_POLICY_VIOLATED', /vpcServiceControlsUniqueIdentifier|VPC Service Controls/i),
    names: /vpcServiceControlsUniqueIdentifier:?\s*"?(?<uid>[\w-]+)/i,
    retry: 'never',
    why: (_names, { project }) =>
      `A perimeter of VPC Service Controls is around the project ${project}, and lets this request neither in nor out.`,
    next: ({ uid }) =>
      `Run from a network and as an account that it lets in, or ask its administrators${uid === undefined ? '' : ` with this identifier: ${uid}`}.`,
    page: (_names, { project }) => ({
      title: 'Open VPC Service Controls',
      url: `${console}/security/service-perimeter?project=${project}`,
    }),
  },
  {
    code: 'billingMissing',
    matches: ({ reason, message }) =>
      ['BILLING_DISABLED', 'UREQ_PROJECT_BILLING_NOT_FOUND', 'UREQ_PROJECT_BILLING_NOT_OPEN'].includes(reason ?? '') ||
      /requires billing|billing (?:must|has to|needs to) be enabled|billing is (?:disabled|not enabled)|billing account (?:for|of) [^]*(?:is not|is disabled|was not|not found)|enable billing/i.test(
        message,
      ),
    retry: 'never',
    why: (names, failure) => `The project ${named(names, failure)} has no billing account that is open.`,
    next: () => 'Link one to it, wait some minutes, and run again.',
    page: (names, failure) => ({
      title: 'Open Billing',
      url: `${console}/billing/linkedaccount?project=${named(names, failure)}`,
    }),
  },
  {
    code: 'quotaProjectMissing',
    matches: says(/requires a quota project/i),
    retry: 'never',
    why: () => 'Your sign-in names no project that its calls count for (a quota project), and Google wants one.',
    next: (_names, { project }) =>
      `Name one where you may use services: gcloud auth application-default set-quota-project ${project}`,
    page: () => ({
      title: 'Open Documentation',
      url: 'https://cloud.google.com/docs/quotas/set-quota-project',
    }),
  },
  {
    code: 'quotaProjectDenied',
    matches: means('USER_PROJECT_DENIED', /serviceusage\.services\.use|serviceUsageConsumer/i),
    names: /(?:use project|project:?) '?(?<quotaProject>[a-z][a-z0-9.:-]*[a-z0-9]|\d+)'?[\s.,]/i,
    retry: 'never',
    why: (names, failure) =>
      `Your account may not let its calls count for the project ${named(names, failure)}, its quota project.`,
    next: (names, failure) =>
      `Have the role roles/serviceusage.serviceUsageConsumer granted there, or name a project where you have it: gcloud auth application-default set-quota-project ${
        named(names, failure) === failure.project ? 'PROJECT' : failure.project
      }`,
    page: (names, failure) => ({ title: 'Open IAM', url: `${console}/iam-admin/iam?project=${named(names, failure)}` }),
  },
  {
    code: 'scopesTooNarrow',
    matches: means('ACCESS_TOKEN_SCOPE_INSUFFICIENT', /insufficient authentication scopes|SCOPE_INSUFFICIENT/i),
    retry: 'never',
    why: () => 'The sign-in is not for this service: its access scopes are too narrow, whatever roles the account has.',
    next: () =>
      'Sign in again with the scope of Google Cloud: gcloud auth application-default login. On a virtual machine of Google, have its access scopes set to cloud-platform.',
    page: () => ({
      title: 'Open Documentation',
      url: 'https://cloud.google.com/compute/docs/access/service-accounts#accesscopesiam',
    }),
  },
  {
    code: 'projectNotFound',
    matches: means('CONSUMER_INVALID', /Permission denied on resource project|Project '?\S+'? (?:was )?not found or/i),
    retry: 'never',
    why: (names, failure) => `There is no project ${named(names, failure)}, or your account does not see it.`,
    next: () => 'Correct "project" in the profile, or sign in with an account that has a role in it.',
    page: () => ({ title: 'Open Projects', url: `${console}/cloud-resource-manager` }),
  },
  {
    code: 'serviceAccountNotAllowed',
    matches: says(/not authorized to act as service account|iam\.serviceAccounts\.actAs/i),
    names: /service account '?(?<account>[^\s'"]+@[^\s'",]*[^\s'",.])/i,
    retry: 'never',
    why: ({ account }) => `Your account may not use the service account ${account ?? 'of the cluster'}.`,
    next: ({ account }) =>
      `Have the role roles/iam.serviceAccountUser granted on ${account ?? 'it'}, or name another in the profile.`,
    page: (_names, { project }) => ({
      title: 'Open Service Accounts',
      url: `${console}/iam-admin/serviceaccounts?project=${project}`,
    }),
  },
  {
    code: 'serviceDisabled',
    matches: means('SERVICE_DISABLED', /has not been used in project .* before or it is disabled/i),
    names: /(?<service>[a-z]+\.googleapis\.com)/,
    retry: 'never',
    why: ({ service }, { project }) =>
      `The API ${service ?? 'dataproc.googleapis.com'} is not enabled in the project ${project}.`,
    next: ({ service }, { project }) =>
      `Enable it: gcloud services enable ${service ?? 'dataproc.googleapis.com'} --project ${project}`,
    page: ({ service }, { project }) => ({
      title: 'Open API',
      url: `${console}/apis/library/${service ?? 'dataproc.googleapis.com'}?project=${project}`,
    }),
  },
  {
    code: 'machinesMayNotWork',
    matches: says(/roles\/dataproc\.worker|dataproc\.worker role|dataproc\.agents\.create/i),
    names: /(?<account>[^\s'"]+@[^\s'",]+\.gserviceaccount\.com)/,
    retry: 'never',
    why: ({ account }) =>
      `The machines' own service account${account === undefined ? '' : ` ${account}`} lacks the role roles/dataproc.worker.`,
    next: () => 'Have that role granted to it, or name another service account in the profile.',
    page: (_names, { project }) => ({ title: 'Open IAM', url: `${console}/iam-admin/iam?project=${project}` }),
  },
];

/** The project that Google speaks of, by its id where it says that; a number may be the profile's own project. */
function named({ quotaProject, consumer }: FailureNames, { project }: Failure): string {
  const said = quotaProject ?? projectIn(consumer);
  return said === undefined || /^\d+$/.test(said) ? project : said;
}
