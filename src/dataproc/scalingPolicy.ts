import { createHash } from 'node:crypto';
import type { DataprocProfile } from '../core/dataprocProfile';
import type { Logger } from '../core/ports';
import { GoogleError, type DataprocApi, type Place, type PolicyBody } from './google/googleApi';
import { insist } from './operations';

/** Name of the policy that a cluster of this profile has; one that is made for its content is made where it is missing. */
export async function scalingPolicy(
  { dataproc, logger }: { dataproc: DataprocApi; logger: Logger },
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
      const given = <T>(call: () => Promise<T>): Promise<T> => insist(call, logger, `The policy ${id}`, signal);
      if ((await given(() => dataproc.policy(place, id, signal))) === undefined) {
        try {
          await given(() => dataproc.createPolicy(place, { id, ...body }, signal));
        } catch (error) {
          // Another window was faster, or the answer of a first try was lost: the content is the same.
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
