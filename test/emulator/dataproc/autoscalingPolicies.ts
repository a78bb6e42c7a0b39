import { ApiError, invalid, notFound } from '../http/apiError';
import { milliseconds, type Json, textOf } from '../json';
import { lastPart, refuse } from './clusterChecks';
import type { Place } from './model';
import { page } from './paging';

interface GroupLimits {
  readonly minInstances?: number;
  readonly maxInstances?: number;
  readonly weight?: number;
}

export interface AutoscalingPolicy extends Json {
  readonly id: string;
  readonly name: string;
  readonly basicAlgorithm: {
    readonly yarnConfig: {
      readonly gracefulDecommissionTimeout: string;
      readonly scaleUpFactor: number;
      readonly scaleDownFactor: number;
      readonly scaleUpMinWorkerFraction?: number;
      readonly scaleDownMinWorkerFraction?: number;
    };
    readonly cooldownPeriod: string;
  };
  readonly workerConfig: GroupLimits;
  readonly secondaryWorkerConfig?: GroupLimits;
}

const minute = 60_000;
const day = 24 * 60 * minute;

/** The AutoscalingPolicyService. */
export class AutoscalingPolicies {
  readonly #policies = new Map<string, { sequence: number; policy: AutoscalingPolicy }>();
  /** Names of the clusters that use a policy. */
  usersOf: (name: string) => readonly string[] = () => [];
  #sequence = 0;

  create(request: Json): AutoscalingPolicy {
    const parent = textOf(request, 'parent');
    const policy = checked({ id: '', ...(request['policy'] as Json) });
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{1,48}[A-Za-z0-9]$/.test(policy.id)) {
      throw invalid(
        `Invalid autoscaling policy id '${policy.id}'. It must consist of between 3 and 50 letters, numbers, underscores and hyphens, and must not begin or end with underscore or hyphen.`,
      );
    }
    const name = `${parent}/autoscalingPolicies/${policy.id}`;
    if (this.#policies.has(name)) {
      throw new ApiError(
        'ALREADY_EXISTS',
        `Already exists: Failed to create autoscaling policy: Autoscaling policy ${name}`,
      );
    }
    return this.#keep(name, policy);
  }

  get(request: Json): AutoscalingPolicy {
    return this.#get(textOf(request, 'name')).policy;
  }

  update(request: Json): AutoscalingPolicy {
    const given = request['policy'] as Json;
    const name = textOf(given, 'name');
    this.#get(name);
    return this.#keep(name, checked({ ...given, id: lastPart(name) }));
  }

  list(request: Json): Json {
    const prefix = `${textOf(request, 'parent')}/autoscalingPolicies/`;
    const found = [...this.#policies.values()].filter(({ policy }) => policy.name.startsWith(prefix));
    const { items, next } = page(found, ({ sequence }) => sequence, request, { usual: 100, most: 1000 });
    return { ...(items.length > 0 ? { policies: items.map(({ policy }) => policy) } : {}), ...next };
  }

  delete(request: Json): Json {
    const { policy } = this.#get(textOf(request, 'name'));
    const users = this.usersOf(policy.name);
    if (users.length > 0) {
      throw new ApiError(
        'FAILED_PRECONDITION',
        `Autoscaling policy ${policy.name} is in use by clusters: ${users.join(', ')}`,
      );
    }
    this.#policies.delete(policy.name);
    return {};
  }

  /** A policy by its id, its name or its URL. */
  find({ projectId, region }: Place, uri: string): AutoscalingPolicy {
    return this.#get(`projects/${projectId}/regions/${region}/autoscalingPolicies/${lastPart(uri)}`).policy;
  }

  #get(name: string): { sequence: number; policy: AutoscalingPolicy } {
    const found = this.#policies.get(name);
    if (found === undefined) {
      throw notFound(`Autoscaling policy ${name}`);
    }
    return found;
  }

  #keep(name: string, values: AutoscalingPolicy): AutoscalingPolicy {
    const sequence = this.#policies.get(name)?.sequence ?? this.#sequence++;
    const policy = { ...values, name };
    this.#policies.set(name, { sequence, policy });
    return policy;
  }
}

/** With the defaults of the API put in. */
function checked(given: Json): AutoscalingPolicy {
  const { basicAlgorithm, workerConfig, secondaryWorkerConfig, ...rest } = given as AutoscalingPolicy;
  const { yarnConfig } = basicAlgorithm;
  const cooldown = basicAlgorithm.cooldownPeriod as string | undefined;
  const most = workerConfig.maxInstances ?? 0;
  const least = workerConfig.minInstances ?? 2;
  const secondary = { minInstances: 0, maxInstances: 0, ...secondaryWorkerConfig };
  const between = (name: string, value: number | undefined, low: number, high: number) =>
    value === undefined || (value >= low && value <= high)
      ? []
      : [`${name} must be between ${low} and ${high}, but was ${value}`];
  const length = (name: string, value: string | undefined, low: number, high: number, text: string) =>
    value === undefined || ((milliseconds(value) ?? 0) >= low && (milliseconds(value) ?? 0) <= high)
      ? []
      : [`${name} must be between ${text}, but was ${value}`];
  refuse([
    ...between('scaleUpFactor', yarnConfig.scaleUpFactor, 0, 1),
    ...between('scaleDownFactor', yarnConfig.scaleDownFactor, 0, 1),
    ...between('scaleUpMinWorkerFraction', yarnConfig.scaleUpMinWorkerFraction, 0, 1),
    ...between('scaleDownMinWorkerFraction', yarnConfig.scaleDownMinWorkerFraction, 0, 1),
    ...length('gracefulDecommissionTimeout', yarnConfig.gracefulDecommissionTimeout, 0, day, '0s and 1d'),
    ...length('cooldownPeriod', cooldown, 2 * minute, day, '2m and 1d'),
    ...(least < 2 ? [`workerConfig.minInstances must be at least 2, but was ${least}`] : []),
    ...(most < least
      ? [`workerConfig.maxInstances must be at least workerConfig.minInstances (${least}), but was ${most}`]
      : []),
    ...(secondary.maxInstances < secondary.minInstances
      ? ['secondaryWorkerConfig.maxInstances must be at least secondaryWorkerConfig.minInstances']
      : []),
  ]);
  return {
    ...rest,
    basicAlgorithm: { yarnConfig, cooldownPeriod: cooldown ?? '120s' },
    workerConfig: { weight: 1, ...workerConfig, minInstances: least },
    ...(secondaryWorkerConfig === undefined ? {} : { secondaryWorkerConfig: { weight: 1, ...secondaryWorkerConfig } }),
  };
}
