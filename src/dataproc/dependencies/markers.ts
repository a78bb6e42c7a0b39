import { compare } from './versions';

/** What markers may ask of the Python that packages are for; lists for `extras` and `dependency_groups` (PEP 751). */
export type MarkerNames = Readonly<Record<string, string | readonly string[]>>;

/** Of the machines of a cluster. @param python `3.11` */
export function machineMarkers(python: string): MarkerNames {
  return {
    os_name: 'posix',
    sys_platform: 'linux',
    platform_machine: 'x86_64',
    platform_system: 'Linux',
    platform_release: '',
    platform_version: '',
    platform_python_implementation: 'CPython',
    implementation_name: 'cpython',
    // The last number is not known before there is a machine.
    implementation_version: `${python}.9`,
    python_version: python,
    python_full_version: `${python}.9`,
    extra: '',
    extras: [],
    dependency_groups: [],
  };
}

/**
 * Whether a marker (`python_version >= "3.11" and extra == "x"`) holds; true for one that cannot be read: whoever
 * installs has the last word.
 */
export function holds(marker: string | undefined, names: MarkerNames): boolean {
  if (marker === undefined || marker.trim() === '') {
    return true;
  }
  const tokens = marker.match(/"[^"]*"|'[^']*'|[()]|[<>=!~]+|\w+/g) ?? [];
  const reader = new Reader(tokens, names);
  const value = reader.either();
  return value === undefined || !reader.atEnd ? true : value;
}

const operators = new Set(['===', '==', '~=', '!=', '<=', '>=', '<', '>', 'in']);

class Reader {
  #at = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly names: MarkerNames,
  ) {}

  get atEnd(): boolean {
    return this.#at === this.tokens.length;
  }

  either(): boolean | undefined {
    let value = this.both();
    while (this.#take('or')) {
      const right = this.both();
      value = value === undefined || right === undefined ? undefined : value || right;
    }
    return value;
  }

  both(): boolean | undefined {
    let value = this.one();
    while (this.#take('and')) {
      const right = this.one();
      value = value === undefined || right === undefined ? undefined : value && right;
    }
    return value;
  }

  one(): boolean | undefined {
    if (this.#take('(')) {
      const value = this.either();
      return this.#take(')') ? value : undefined;
    }
    const left = this.#operand();
    const not = this.#take('not');
    const operator = this.tokens[this.#at] ?? '';
    this.#at += 1;
    const right = this.#operand();
    if (left === undefined || right === undefined || !operators.has(operator)) {
      return undefined;
    }
    const value = operator === 'in' ? contains(left, right) : related(left, operator, right);
    return not && value !== undefined ? !value : value;
  }

  #operand(): string | readonly string[] | undefined {
    const token = this.tokens[this.#at] ?? '';
    this.#at += 1;
    return /^['"]/.test(token) ? token.slice(1, -1) : Object.hasOwn(this.names, token) ? this.names[token] : undefined;
  }

  #take(token: string): boolean {
    const found = this.tokens[this.#at] === token;
    this.#at += found ? 1 : 0;
    return found;
  }
}

function contains(left: string | readonly string[], right: string | readonly string[]): boolean | undefined {
  return typeof left === 'string' ? right.includes(left) : undefined;
}

function related(
  left: string | readonly string[],
  operator: string,
  right: string | readonly string[],
): boolean | undefined {
  if (typeof left !== 'string' || typeof right !== 'string') {
    return undefined;
  }
  const byVersion = compare(left, operator, right);
  return byVersion ?? (operator === '==' ? left === right : operator === '!=' ? left !== right : undefined);
}
