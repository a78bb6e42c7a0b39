import { createHash } from 'node:crypto';
import type { DataprocProfile } from '../core/dataprocProfile';
import { GoogleError, type DataprocApi, type Place, type PolicyBody } from './google/googleApi';

/** Name of the policy that a cluster of this profile has; one that is made for its content is made where it is missing. */
export async function scalingPolicy(
  dataproc: DataprocApi,
  place: Place,
  profile: DataprocProfile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { scaling } = profile;
  const parent = `projects/${place.project}/regions/${place.region}/autoscalingPolicies`;
  switch (scaling.kind) {
    case 'fixed':
      return undefined;
    case 'policy':
      return `${parent}/${scaling.id}`;
    case 'limits': {
      const body = policyBody(profile, scaling);
      const id = `dask-${createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16)}`;
      if ((await dataproc.policy(place, id, signal)) === undefined) {
        try {
          await dataproc.createPolicy(place, { id, ...body }, signal);
        } catch (error) {
          // Another window was faster, with the same content.
          if (!(error instanceof GoogleError && error.code === 'ALREADY_EXISTS')) {
            throw error;
          }
        }
      }
      return `${parent}/${id}`;
    }
  }
}

function policyBody(
  { worker }: DataprocProfile,
  scaling: Extract<DataprocProfile['scaling'], { kind: 'limits' }>,
): PolicyBody {
  const limits = { minInstances: scaling.minimum, maxInstances: scaling.maximum };
  const fixed = { minInstances: worker.count, maxInstances: worker.count };
  const secondary = scaling.machines === 'secondary';
  return {
    basicAlgorithm: {
      cooldownPeriod: { seconds: scaling.cooldownSeconds },
      yarnConfig: {
        gracefulDecommissionTimeout: { seconds: scaling.gracefulDecommissionSeconds },
        scaleUpFactor: scaling.scaleUpFactor,
        scaleDownFactor: scaling.scaleDownFactor,
        scaleUpMinWorkerFraction: scaling.scaleUpMinFraction,
        scaleDownMinWorkerFraction: scaling.scaleDownMinFraction,
      },
    },
    workerConfig: secondary ? fixed : limits,
    ...(secondary ? { secondaryWorkerConfig: limits } : {}),
  };
}
