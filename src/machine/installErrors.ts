import { UserError, type ErrorButton } from '../core/errors';

const managed: ErrorButton = { title: 'Use a Managed Environment', action: { kind: 'useManagedEnvironment' } };
const chooseAnother: ErrorButton = { title: 'Select Interpreter', action: { kind: 'selectInterpreter' } };
const showLog: ErrorButton = { title: 'Show Log', action: { kind: 'showLog' } };

/** Words of pip's, uv's and the operating system's for an index that cannot be reached. */
const unreachable =
  /connection refused|new connection error|NewConnectionError|failed to establish a new connection|max retries exceeded|name or service not known|temporary failure in name resolution|nodename nor servname|getaddrinfo failed|network is unreachable|no route to host|timed out|ReadTimeoutError|ConnectTimeoutError|ProxyError|cannot connect to proxy|tunnel connection failed|error sending request|tcp connect error|dns error|failed to fetch|connection reset|after connection broken by|request failed after/i;
const certificate = /CERTIFICATE_VERIFY_FAILED|certificate verify failed|invalid peer certificate|UnknownIssuer/i;
const proxyVariables = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/** The error for a failed `pip install` or `uv pip install`, told from what it printed. */
export function installError(
  text: string,
  interpreter: string,
  environment: Readonly<Record<string, string | undefined>>,
): UserError {
  if (/externally-managed-environment|externally managed/i.test(text)) {
    return new UserError({
      code: 'externallyManaged',
      what: `Packages cannot be installed into ${interpreter}.`,
      why: 'Its operating system manages that Python.',
      next: 'Use a managed environment instead.',
      buttons: [managed, chooseAnother],
    });
  }
  if (/No module named '?"?pip\b/.test(text)) {
    return pipMissing(interpreter);
  }
  if (/No space left on device|os error 28|not enough space on the disk/i.test(text)) {
    return new UserError({
      code: 'diskFull',
      what: 'The packages could not be installed.',
      why: 'The disk is full.',
      next: 'Free some space, then try again.',
    });
  }
  if (certificate.test(text)) {
    return new UserError({
      code: 'packageIndexUnreachable',
      what: 'The Python package index could not be reached.',
      why: 'Its certificate is not one that Python trusts, as happens behind a proxy that inspects traffic.',
      next: "Set PIP_CERT or SSL_CERT_FILE to your organisation's certificate file, then try again.",
      buttons: [showLog],
    });
  }
  if (unreachable.test(text)) {
    const proxy = proxyVariables.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
    return new UserError({
      code: 'packageIndexUnreachable',
      what: 'The Python package index could not be reached.',
      why: proxy === undefined ? 'No proxy is set.' : `The proxy in use is ${withoutPassword(proxy)}.`,
      next: 'Check the network, or set HTTPS_PROXY or PIP_INDEX_URL, then try again.',
      buttons: [showLog],
    });
  }
  if (/permission denied|access is denied|os error 13/i.test(text)) {
    return new UserError({
      code: 'installFailed',
      what: `Packages cannot be installed into ${interpreter}.`,
      why: 'Your user may not write there.',
      next: 'Use a managed environment instead.',
      buttons: [managed, showLog],
    });
  }
  if (/from versions: none/i.test(text)) {
    // pip says the same of an index that wants a password, or answers with a page for signing in.
    return new UserError({
      code: 'packageIndexRefused',
      what: 'The Python package index has none of the packages that Dask needs, or does not hand them out.',
      why: `The installer says: ${lastError(text) ?? ''}`,
      next: 'Check the address and the password of the index (PIP_INDEX_URL, or pip.conf), then try again.',
      buttons: [showLog],
    });
  }
  const reason = lastError(text);
  return new UserError({
    code: 'installFailed',
    what: 'The Python packages could not be installed.',
    ...(reason === undefined ? {} : { why: `The installer says: ${reason}` }),
    next: 'Look into the log for all that it printed.',
    buttons: [showLog],
  });
}

/** @param version of the Python, such as `3.11.7` */
export function venvMissing(
  interpreter: string,
  version: string,
  platform: NodeJS.Platform = process.platform,
): UserError {
  const [major = '3', minor = ''] = version.split('.');
  return new UserError({
    code: 'venvMissing',
    what: `${interpreter} cannot make virtual environments.`,
    why: 'Its venv module is not installed.',
    next:
      platform === 'linux'
        ? `Install it (on Debian and Ubuntu: sudo apt install python${major}.${minor}-venv), or select another interpreter.`
        : 'Install Python from python.org, or select another interpreter.',
    buttons: [chooseAnother],
  });
}

export function pipMissing(interpreter: string, platform: NodeJS.Platform = process.platform): UserError {
  return new UserError({
    code: 'pipMissing',
    what: `Packages cannot be installed into ${interpreter}.`,
    why: 'It has no pip.',
    next:
      platform === 'linux'
        ? 'Install pip (on Debian and Ubuntu: sudo apt install python3-pip), or use a managed environment.'
        : 'Run its "-m ensurepip" once, or use a managed environment.',
    buttons: [managed, chooseAnother],
  });
}

function withoutPassword(proxy: string): string {
  return proxy.replace(/\/\/[^@/]*@/, '//');
}

function lastError(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.findLast((line) => /^error\b/i.test(line)) ?? lines.findLast((line) => line !== '');
}
