import type { PolicyBody } from './googleApi';
import { numberAt, objectAt, textAt, textsAt, type Json } from './wire';

/** A policy as it would be sent: durations with their seconds. */
export function policyOf(policy: Json): PolicyBody {
  const algorithm = objectAt(policy, 'basicAlgorithm');
  const yarn = objectAt(algorithm, 'yarnConfig');
  return {
    id: textAt(policy, 'id'),
    name: textAt(policy, 'name'),
    basicAlgorithm: {
      yarnConfig: {
        gracefulDecommissionTimeout: durationAt(yarn, 'gracefulDecommissionTimeout'),
        scaleUpFactor: numberAt(yarn, 'scaleUpFactor'),
        scaleDownFactor: numberAt(yarn, 'scaleDownFactor'),
        scaleUpMinWorkerFraction: numberAt(yarn, 'scaleUpMinWorkerFraction'),
        scaleDownMinWorkerFraction: numberAt(yarn, 'scaleDownMinWorkerFraction'),
      },
      cooldownPeriod: durationAt(algorithm, 'cooldownPeriod'),
    },
    workerConfig: limits(objectAt(policy, 'workerConfig')),
    secondaryWorkerConfig: limits(objectAt(policy, 'secondaryWorkerConfig')),
    labels: textsAt(policy, 'labels'),
  };
}

function limits(group: Json): { minInstances: number; maxInstances: number; weight: number } {
  return {
    minInstances: numberAt(group, 'minInstances'),
    maxInstances: numberAt(group, 'maxInstances'),
    weight: numberAt(group, 'weight'),
  };
}

/** `120s` */
function durationAt(value: Json, key: string): { seconds: number } | null {
  const text = textAt(value, key);
  return text === '' ? null : { seconds: Number(text.replace(/s$/, '')) };
}
