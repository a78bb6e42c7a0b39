import { UserError } from '../core/errors';
import { machineShape } from '../core/machineTypes';
import { errorMessage } from '../host/errorMessage';
import { back, inputText, pickLoaded, pickOne, type Choice, type Step } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { draftProblem, type ProfileDraft } from './profileDraft';

type Parts = Pick<CommandParts, 'google' | 'settings'>;

interface ListQuestion {
  placeholder: string;
  /** What is there before the list is, the first of them the usual answer. */
  first: readonly Choice<string>[];
  load: (signal: AbortSignal) => Promise<readonly Choice<string>[]>;
  set: (value: string) => void;
  now: string;
  /** What is wrong with an answer. */
  problem: (value: string) => string | undefined;
}

const title = 'Create Profile';
const sizes = [
  { label: 'Fixed', description: 'A number of machines that stays', size: 'fixed' as const },
  {
    label: 'Autoscaling',
    description: 'Dataproc adds and removes machines as the load asks',
    size: 'scaling' as const,
  },
];

/** The questions of a profile of Dataproc. Lists come from the account; what cannot be listed can be typed. */
export function dataprocSteps(draft: ProfileDraft, parts: Parts): readonly Step[] {
  const { places, accounts } = parts.google;
  const others = parts.settings.dataprocProfiles();
  const plain = (values: readonly string[], description?: string): Choice<string>[] =>
    [...new Set(values)].map((value) => ({ label: value, value, ...(description !== undefined && { description }) }));
  const problemWith =
    (field: 'project' | 'region' | 'zone' | 'subnetwork') =>
    (value: string): string | undefined =>
      draftProblem({ ...draft, [field]: value }, field);

  const numberStep =
    (prompt: string, lowest: () => number, key: 'machines' | 'mostMachines'): Step =>
    async (position) => {
      const problem = (text: string): string | undefined => {
        const count = Number(text);
        return /^\d+$/.test(text.trim()) && count >= lowest() && count <= 1000
          ? draftProblem({ ...draft, [key]: count }, 'worker')
          : `A whole number from ${lowest()} to 1000 is needed.`;
      };
      const value = `${Math.max(draft[key], lowest())}`;
      const answer = await inputText({ title, prompt, value, problem }, position);
      if (answer === back) {
        return back;
      }
      draft[key] = Number(answer);
      return undefined;
    };

  const steps: Step[] = [
    listStep({
      placeholder: 'Project that pays for the clusters: choose, or type its id',
      first: plain(
        others.map(({ project }) => project),
        'as other profiles',
      ),
      load: async (signal) => {
        const { project, account } = await accounts.who(signal);
        return plain(project === undefined ? [] : [project], account === undefined ? 'signed in' : `of ${account}`);
      },
      now: draft.project,
      set: (value) => (draft.project = value),
      problem: problemWith('project'),
    }),
    listStep({
      placeholder: 'Region of the clusters: choose, or type its name',
      first: plain([...others.map(({ region }) => region), draft.region]),
      load: async (signal) => plain([...(await places.regions(draft.project, signal))].sort()),
      now: draft.region,
      set: (value) => (draft.region = value),
      problem: problemWith('region'),
    }),
    listStep({
      placeholder: 'Zone of the machines: choose, or type its name',
      first: [{ label: 'Automatic', description: 'Dataproc chooses one that has room', value: '' }],
      load: async (signal) => plain([...(await places.zones(draft.project, draft.region, signal))].sort()),
      now: draft.zone,
      set: (value) => (draft.zone = value),
      problem: problemWith('zone'),
    }),
    listStep({
      placeholder: 'Machine type of the workers: choose, or type its name',
      first: [{ label: 'n2-standard-4', description: '4 cores · 16 GB', value: 'n2-standard-4' }],
      load: (signal) => machineTypes(draft, parts, signal),
      now: draft.machineType,
      set: (value) => (draft.machineType = value),
      problem: (machineType) => draftProblem({ ...draft, machineType, machines: Math.max(2, draft.machines) }),
    }),
    async (position) => {
      const active = sizes.find(({ size }) => size === draft.size);
      const answer = await pickOne({ title, placeholder: 'Number of machines', items: sizes, active }, position);
      if (answer === back) {
        return back;
      }
      draft.size = answer.size;
      return undefined;
    },
    numberStep(
      draft.size === 'fixed' ? 'Number of worker machines.' : 'Machines that stay when there is nothing to do.',
      () => 2,
      'machines',
    ),
  ];
  if (draft.size === 'scaling') {
    steps.push(numberStep('Machines at most.', () => draft.machines, 'mostMachines'));
  }
  steps.push(
    listStep({
      placeholder: 'Subnetwork of the machines: choose, or type its name',
      first: [{ label: 'Default network', description: 'of the project', value: '' }],
      load: async (signal) =>
        (await places.subnetworks(draft.project, draft.region, signal)).map(
          ({ name, network, privateGoogleAccess }) => ({
            label: name,
            value: name,
            description: `of ${network}${privateGoogleAccess ? '' : ' · without Private Google Access, which private addresses need'}`,
          }),
        ),
      now: draft.subnetwork,
      set: (value) => (draft.subnetwork = value),
      problem: problemWith('subnetwork'),
    }),
  );
  return steps;
}

function listStep({ placeholder, first, load, set, now, problem }: ListQuestion): Step {
  return async (position) => {
    const answer = await pickLoaded<string>(
      {
        title,
        placeholder,
        first,
        load,
        isActive: (value) => value === now,
        explain: (error) => `${errorMessage(error).text} Type the name instead.`,
        typed: (text) => {
          const wrong = problem(text);
          return wrong === undefined ? { value: text } : { problem: wrong };
        },
      },
      position,
    );
    if (answer === back) {
      return back;
    }
    set(answer);
    return undefined;
  };
}

/** Those of the zone; of the region's first one where Dataproc chooses. */
async function machineTypes(
  { project, region, zone }: ProfileDraft,
  { google: { places } }: Parts,
  signal: AbortSignal,
): Promise<readonly Choice<string>[]> {
  const at = zone === '' ? (await places.zones(project, region, signal))[0] : zone;
  if (at === undefined) {
    throw new UserError({ code: 'noZone', what: `The region ${region} has no zone.`, next: '' });
  }
  const types = await places.machineTypes(project, at, signal);
  const byName = new Intl.Collator('en', { numeric: true });
  return types
    .filter(({ name, cores }) => {
      const shape = machineShape(name);
      return cores >= 2 && shape !== undefined && !('wrong' in shape);
    })
    .sort((a, b) => byName.compare(a.name, b.name))
    .map(({ name, cores, memoryMb }) => ({
      label: name,
      value: name,
      description: `${cores} cores · ${Math.round((memoryMb / 1024) * 10) / 10} GB`,
    }));
}
