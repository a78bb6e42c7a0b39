/** Why a file or folder of that name never leaves this machine; the end of a sentence that begins with its path. */
const folders: readonly [RegExp, string][] = [
  [/^\.(git|hg|svn)$/i, 'holds the history of the code'],
  [/^\.(aws|ssh|gnupg|kube|azure|docker|gcloud)$/i, 'holds keys or credentials'],
  [/^(site-packages|dist-packages|node_modules|\.tox|\.nox)$/i, 'holds installed packages'],
];

const files: readonly [RegExp, string][] = [
  [/^\.env|\.env$/i, 'may hold passwords'],
  [/\.(pem|key|p12|pfx|jks|keystore|ppk)$/i, 'is a key'],
  [/^id_(rsa|dsa|ecdsa|ed25519)/i, 'is a key'],
  [
    /^(credentials.*|application_default_credentials|service[-_]account.*|client_secret.*)\.json$/i,
    'holds credentials',
  ],
  [/^([._]netrc|\.pypirc|\.npmrc|\.git-credentials|\.pgpass|\.dockercfg|\.boto)$/i, 'holds credentials'],
];

/** What is of no use elsewhere and is left out without a word. */
const leftovers = /^(__pycache__|.*\.py[co])$/i;

/** Why a path never leaves this machine, by the name of any of its parts. */
export function secretByName(path: string): string | undefined {
  for (const part of path.split('/')) {
    const rule = [...folders, ...files].find(([pattern]) => pattern.test(part));
    if (rule) {
      return rule[1];
    }
  }
  return undefined;
}

/** A cache of Python's own. */
export function isLeftover(path: string): boolean {
  return path.split('/').some((part) => leftovers.test(part));
}

/** Whether a folder with these entries is a virtual environment, or one of conda's. */
export function isEnvironment(entries: ReadonlySet<string>): boolean {
  return entries.has('pyvenv.cfg') || entries.has('conda-meta');
}

/** What environments have in them, of all that is in a folder where code is too: `python -m venv .` was run there. */
const environmentParts =
  /^(?:bin|sbin|scripts|include|share|etc|ssl|man|pkgs|envs|conda-meta|compiler_compat|lib64|lib\/(?:python\d|site-packages|tk|tcl|pkgconfig|cmake)[^/]*|pyvenv\.cfg)(?:\/|$)/i;

/** @param path relative to the environment's folder, with `/` */
export function isPartOfEnvironment(path: string): boolean {
  return environmentParts.test(path);
}

// A key itself, not code that looks for one: a header, and a line of the key. A newline may be written as `\n`.
const privateKey =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\r|\\n|\s)+(?:[\w-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{20}/;
const serviceAccount = /["']private_key["']\s*:/;
const userCredentials = [/["']client_secret["']\s*:/, /["']refresh_token["']\s*:/];

/** Why content never leaves this machine, whatever the name of its file. */
export function secretByContent(path: string, bytes: Uint8Array): string | undefined {
  const text = readable(bytes);
  if (privateKey.test(text)) {
    return 'contains a private key';
  }
  // Code may well have a dictionary with such a name.
  if (/\.pyi?$/i.test(path)) {
    return undefined;
  }
  if (serviceAccount.test(text)) {
    return 'contains a private key';
  }
  return userCredentials.every((pattern) => pattern.test(text)) ? 'contains credentials' : undefined;
}

/** Bytes as text in which ASCII can be found: Windows may write UTF-16. */
function readable(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return buffer.toString('utf16le');
  }
  return bytes[0] === 0xfe && bytes[1] === 0xff ? new TextDecoder('utf-16be').decode(bytes) : buffer.toString('latin1');
}
