import { seededRandom } from '../fakes/seededRandom';
import { ApiError, invalid, isStatusCode, type ErrorDetail } from './http/apiError';
import { isJson } from './json';

/** What is to happen to calls of a method. */
export interface FaultRule {
  /** Name of a call, such as `ClusterController.CreateCluster`; `*` stands for any letters. */
  readonly method: string;
  /** Calls that it happens to; 0 for all. Default 1. */
  readonly times?: number;
  /** Calls that pass before it begins. Default 0. */
  readonly skip?: number;
  /** Share of the calls that it happens to, from 0 to 1. Default 1. */
  readonly probability?: number;
  readonly latencyMilliseconds?: number;
  /** Answered instead of the act. */
  readonly error?: { readonly status: string; readonly message?: string; readonly details?: readonly ErrorDetail[] };
  /** The connection breaks: before the act (`request`), or after it and instead of the answer (`response`). */
  readonly lose?: 'request' | 'response';
}

export interface Stockout {
  readonly zone: string;
  /** Such as `n2`; default all. */
  readonly family?: string;
}

/** An initialization action that ends at a line, with an exit code. */
export interface InitFailure {
  /** Counted from 1. */
  readonly line: number;
  /** Which of the cluster's actions, from 0. Default 0. */
  readonly script?: number;
  /** Name of the machine ends with it; default any. */
  readonly machine?: string;
  /** Default 1. */
  readonly exitCode?: number;
  /** Machines that it happens to; 0 for all. Default 0. */
  readonly times?: number;
}

/** What a fault script holds: everything is optional, and is added to what is there. */
export interface FaultScript {
  readonly rules?: readonly FaultRule[];
  readonly stockouts?: readonly Stockout[];
  /** Limits by metric, such as `{"N2_CPUS": 8}`. */
  readonly quotas?: Readonly<Record<string, number>>;
  readonly initFailures?: readonly InitFailure[];
  readonly gateway?: { readonly websockets?: boolean };
  /** Of the probabilities. */
  readonly seed?: number;
}

interface Counted<T> {
  readonly rule: T;
  skip: number;
  left: number;
  happened: number;
}

/** What happens to a call. */
export interface CallFault {
  readonly error: ApiError | undefined;
  readonly lose: 'request' | 'response' | undefined;
  wait(): Promise<void>;
}

const known = new Set(['rules', 'stockouts', 'quotas', 'initFailures', 'gateway', 'seed']);

/** Everything that goes wrong on purpose. */
export class Faults {
  #rules: Counted<FaultRule>[] = [];
  #initFailures: Counted<InitFailure>[] = [];
  #random = seededRandom(1);
  stockouts: Stockout[] = [];
  quotas: Record<string, number> = {};
  websockets = true;

  /** Throws INVALID_ARGUMENT for a script with anything that is not known: a fault that never happens hides faults. */
  add(script: unknown): void {
    if (!isJson(script)) {
      throw invalid('A fault script is an object.');
    }
    const unknown = Object.keys(script).filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw invalid(`Unknown in a fault script: ${unknown.join(', ')}. Known: ${[...known].join(', ')}.`);
    }
    const { rules = [], stockouts = [], quotas = {}, initFailures = [], gateway, seed } = script as FaultScript;
    for (const rule of rules) {
      if (rule.error !== undefined && !isStatusCode(rule.error.status)) {
        throw invalid(`Unknown status ${rule.error.status}.`);
      }
    }
    this.#rules.push(...rules.map((rule) => counted(rule, rule.times ?? 1, rule.skip)));
    this.#initFailures.push(...initFailures.map((rule) => counted(rule, rule.times ?? 0)));
    this.stockouts.push(...stockouts);
    Object.assign(this.quotas, quotas);
    this.websockets = gateway?.websockets ?? this.websockets;
    if (seed !== undefined) {
      this.#random = seededRandom(seed);
    }
  }

  clear(): void {
    this.#rules = [];
    this.#initFailures = [];
    this.stockouts = [];
    this.quotas = {};
    this.websockets = true;
  }

  /** What there is, and how often each has happened. */
  list(): object {
    const rules = (entries: Counted<unknown>[]) =>
      entries.map(({ rule, happened }) => ({ ...(rule as object), happened }));
    return {
      rules: rules(this.#rules),
      stockouts: this.stockouts,
      quotas: this.quotas,
      initFailures: rules(this.#initFailures),
      gateway: { websockets: this.websockets },
    };
  }

  /** The fault of a call, which counts as having happened. */
  take(call: string): CallFault | undefined {
    const found = this.#rules.find((entry) => matches(entry.rule.method, call) && this.#happens(entry));
    if (found === undefined) {
      return undefined;
    }
    const { error, lose, latencyMilliseconds = 0 } = found.rule;
    return {
      error: error === undefined ? undefined : apiError(error),
      lose,
      wait: () => new Promise((resolve) => setTimeout(resolve, latencyMilliseconds)),
    };
  }

  takeInitFailure(machine: string, script: number): InitFailure | undefined {
    return this.#initFailures.find(
      (entry) =>
        (entry.rule.script ?? 0) === script && machine.endsWith(entry.rule.machine ?? '') && this.#happens(entry),
    )?.rule;
  }

  outOfStock(zone: string, machineType: string): boolean {
    return this.stockouts.some(
      (stockout) =>
        stockout.zone === zone && (stockout.family ?? machineType.split('-')[0]) === machineType.split('-')[0],
    );
  }

  #happens(entry: Counted<FaultRule | InitFailure>): boolean {
    if (entry.left === 0) {
      return false;
    }
    if (entry.skip > 0) {
      entry.skip--;
      return false;
    }
    if ('probability' in entry.rule && this.#random() >= (entry.rule.probability ?? 1)) {
      return false;
    }
    entry.left--;
    entry.happened++;
    return true;
  }
}

function counted<T>(rule: T, times: number, skip = 0): Counted<T> {
  return { rule, skip, left: times === 0 ? Number.POSITIVE_INFINITY : times, happened: 0 };
}

function apiError({ status, message, details }: NonNullable<FaultRule['error']>): ApiError {
  const code = isStatusCode(status) ? status : 'UNKNOWN';
  return new ApiError(code, message ?? `The emulator was told to answer ${status}.`, details);
}

function matches(pattern: string, name: string): boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(name);
}
