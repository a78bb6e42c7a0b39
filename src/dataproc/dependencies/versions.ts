/** A version of a Python package. Source: packaging.python.org/specifications/version-specifiers (PEP 440) */
interface Version {
  epoch: number;
  release: readonly number[];
  /** What comes after the release, so that tuples compare as versions do: pre-release, its number, post, dev. */
  rest: readonly [phase: number, pre: number, post: number, dev: number];
  local: string | undefined;
}

const form =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/i;
const clauseForm = /^(===|==|~=|!=|<=|>=|<|>)\s*(\S+)$/;

/** Whether a version is one that a list of clauses allows; true where either cannot be read: pip has the last word. */
export function allows(specifier: string, version: string): boolean {
  const clauses = specifier
    .split(',')
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');
  return clauses.every((clause) => {
    const [, operator = '', wanted = ''] = clauseForm.exec(clause) ?? [];
    return operator === '' || (compare(version, operator, wanted) ?? true);
  });
}

/** Undefined where one of both is no version. */
export function compare(left: string, operator: string, right: string): boolean | undefined {
  const version = parse(left);
  if (operator === '===') {
    return left.toLowerCase() === right.toLowerCase();
  }
  if (right.endsWith('.*')) {
    const prefix = parse(right.slice(0, -2));
    const fits = version && prefix && hasPrefix(version, prefix);
    return operator === '==' ? fits : operator === '!=' && fits !== undefined ? !fits : undefined;
  }
  const other = parse(right);
  if (version === undefined || other === undefined) {
    return undefined;
  }
  const order = orderOf(version, other);
  const same = order === 0 && (other.local === undefined || other.local === version.local);
  const sameRelease = version.epoch === other.epoch && orderOfReleases(version.release, other.release) === 0;
  switch (operator) {
    case '==':
      return same;
    case '!=':
      return !same;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0 && !(sameRelease && leadsTo(version, other));
    case '>':
      return order > 0 && !(sameRelease && isPostOf(version, other));
    case '~=':
      return order >= 0 && hasPrefix(version, { ...other, release: other.release.slice(0, -1) });
    default:
      return undefined;
  }
}

function parse(text: string): Version | undefined {
  const [matched, epoch, release = '', phase, preNumber, postShort, post, postNumber, dev, devNumber, local] =
    form.exec(text.trim()) ?? [];
  if (matched === undefined) {
    return undefined;
  }
  const isPost = postShort !== undefined || post !== undefined;
  const first = phase?.charAt(0).toLowerCase();
  const none = dev !== undefined && !isPost ? -4 : 0;
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    rest: [
      first === undefined ? none : first === 'a' ? -3 : first === 'b' ? -2 : -1,
      Number(preNumber ?? 0),
      isPost ? Number(postShort ?? postNumber ?? 0) : -1,
      dev === undefined ? Infinity : Number(devNumber ?? 0),
    ],
    local: local?.toLowerCase().replace(/[-_]/g, '.'),
  };
}

/** Whether one comes before another, finished one as its pre-release. Both of the same release. */
function leadsTo({ rest: [phase, , post] }: Version, { rest: [wanted, , wantedPost, dev] }: Version): boolean {
  return wanted === 0 && dev === Infinity && (wantedPost < 0 ? phase < 0 : post === wantedPost);
}

/** Both of the same release. */
function isPostOf({ rest: [phase, number, post] }: Version, { rest }: Version): boolean {
  return post >= 0 && rest[2] < 0 && phase === rest[0] && number === rest[1];
}

function hasPrefix(version: Version, prefix: Version): boolean {
  return (
    version.epoch === prefix.epoch && prefix.release.every((part, index) => (version.release[index] ?? 0) === part)
  );
}

function orderOf(left: Version, right: Version): number {
  const release = left.epoch - right.epoch || orderOfReleases(left.release, right.release);
  return release || (left.rest.map((part, index) => order(part, right.rest[index] ?? 0)).find((one) => one !== 0) ?? 0);
}

function orderOfReleases(left: readonly number[], right: readonly number[]): number {
  const parts = left.length > right.length ? left : right;
  return parts.map((_, index) => order(left[index] ?? 0, right[index] ?? 0)).find((one) => one !== 0) ?? 0;
}

function order(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
