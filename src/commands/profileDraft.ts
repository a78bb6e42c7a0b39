import { profileNameAllowed, profileNamePattern } from '../core/fields/common';
import { parseProfile } from '../core/profileValidation';

/** What the walk has been told so far, with a sensible answer to all that it has not asked yet. */
export interface ProfileDraft {
  backend: 'local' | 'address' | 'dataproc';
  afterRun: 'delete' | 'stop' | 'keep';
  /** Of Dask on this machine. */
  workers: number;
  memoryLimit: string;
  address: string;
  project: string;
  region: string;
  /** '' is Dataproc's choice. */
  zone: string;
  machineType: string;
  size: 'fixed' | 'scaling';
  /** Machines: of the cluster, or the least of it. */
  machines: number;
  mostMachines: number;
  /** '' is the default network. */
  subnetwork: string;
}

export const firstDraft: ProfileDraft = {
  backend: 'local',
  afterRun: 'delete',
  workers: 4,
  memoryLimit: 'auto',
  address: '',
  project: '',
  region: 'europe-west1',
  zone: '',
  machineType: 'n2-standard-4',
  size: 'fixed',
  machines: 2,
  mostMachines: 10,
  subnetwork: '',
};

/** The profile as settings have it: only what is not the standard. */
export function profileValue(draft: ProfileDraft): Record<string, unknown> {
  const { backend, afterRun, workers, memoryLimit, address, project, region, zone, machineType } = draft;
  switch (backend) {
    case 'local':
      return { backend, workers, ...(memoryLimit === 'auto' ? {} : { memoryLimit }), afterRun };
    case 'address':
      return { backend, address };
    case 'dataproc':
      return {
        backend,
        project,
        region,
        ...(zone === '' ? {} : { zone }),
        worker: { count: draft.machines, machineType },
        ...(draft.size === 'fixed' ? {} : { scaling: { minimum: draft.machines, maximum: draft.mostMachines } }),
        ...(draft.subnetwork === '' ? {} : { subnetwork: draft.subnetwork }),
        afterRun,
      };
  }
}

/** What is wrong with the draft so far, of those fields or of all; undefined when nothing is. */
export function draftProblem(draft: ProfileDraft, ...fields: string[]): string | undefined {
  const context = { home: '/', workspaceFolder: undefined };
  const { problems } = parseProfile('draft', profileValue(draft), context);
  const problem = problems.find(({ path: [first] }) => fields.length === 0 || fields.includes(String(first)));
  // Without the name, which nobody has given yet.
  return problem?.message.replace(/^Profile "draft": /, '');
}

/** What is wrong with the name of a new profile; undefined when nothing is. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (taken.includes(name)) {
    return `There is a profile "${name}" already.`;
  }
  return profileNamePattern.test(name) ? undefined : `Allowed: ${profileNameAllowed}.`;
}

/** `cloud`, or `cloud-2` where that is taken. */
export function freeName({ backend }: ProfileDraft, taken: readonly string[]): string {
  const name = { local: 'local-large', address: 'shared', dataproc: 'cloud' }[backend];
  for (let count = 1; ; count++) {
    const candidate = count === 1 ? name : `${name}-${count}`;
    if (!taken.includes(candidate)) {
      return candidate;
    }
  }
}
