import type { FailureCase } from './failureCase';

/** No answer of Google's came. */
export const networkCases: readonly FailureCase[] = [
  {
    code: 'certificateNotTrusted',
    matches: ({ network }) => network !== undefined && /CERT|SIGNED|SSL|TLS|ISSUER/.test(network),
    retry: 'later',
    why: (_names, { message, network }) =>
      `The network between this machine and Google is the cause: the certificate of ${hostIn(message)} is not trusted here (${network ?? ''}).`,
    next: () => 'Let VS Code use the certificates of your organization ("http.systemCertificates"), then run again.',
  },
  {
    code: 'networkFailed',
    matches: ({ network }) => network !== undefined,
    retry: 'later',
    why: (_names, { message, network }) =>
      `The network of this machine is the cause: ${hostIn(message)} could not be reached${network === undefined || network === '' ? '' : ` (${network})`}.`,
    next: () => 'Check the connection, the VPN and the proxy ("http.proxy"), then run again.',
  },
];

/** Of the sentence that the transport makes. */
function hostIn(message: string): string {
  return /^(\S+) (?:could not be reached|was answered for)/.exec(message)?.[1] ?? 'Google';
}
