import type { GooglePlaces } from '../core/googleAccount';
import { toUserError } from './failures/explainError';
import type { ComputeApi } from './google/googleApi';

/** Compute's lists, with errors that say what to do. */
export function googlePlaces(compute: ComputeApi): GooglePlaces {
  const told = async <T>(what: string, project: string, region: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      throw toUserError(error, { project, region }, what);
    }
  };
  return {
    regions: (project, signal) =>
      told('The regions could not be listed.', project, '', () => compute.regions(project, signal)),
    zones: (project, region, signal) =>
      told('The zones could not be listed.', project, region, () => compute.zones({ project, region }, signal)),
    machineTypes: (project, zone, signal) =>
      told('The machine types could not be listed.', project, zone.replace(/-[^-]*$/, ''), () =>
        compute.machineTypes(project, zone, signal),
      ),
    subnetworks: (project, region, signal) =>
      told('The subnetworks could not be listed.', project, region, () =>
        compute.subnetworks({ project, region }, signal),
      ),
  };
}
