import * as vscode from 'vscode';

import { errorMessage } from '../host/errorMessage';
import { askInSteps, back, inputText, pickLoaded, pickOne, type Step } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { dataprocSteps } from './dataprocSteps';
import { draftProblem, firstDraft, freeName, nameProblem, profileValue, type ProfileDraft } from './profileDraft';
import { addressProblem } from './schedulerAddress';
import { workerCountProblem } from './workerCount';

type Parts = Pick<CommandParts, 'settings' | 'google' | 'openSettings' | 'addProfile' | 'boundary'>;

const title = 'Create Profile';
const makeDefault = 'Make It the Default';

const backends = [
  { label: '$(vm) This Machine', description: 'Dask processes, started for a run', backend: 'local' as const },
  {
    label: '$(cloud) Google Cloud Dataproc',
    description: 'A cluster, created for a run and deleted after it',
    backend: 'dataproc' as const,
  },
  { label: '$(plug) A Scheduler by Its Address', description: 'That somebody else runs', backend: 'address' as const },
];

const afterwards = {
  delete: { label: 'Delete', description: 'The cluster goes with its run: nothing is left to pay for' },
  stop: { label: 'Stop', description: 'Machines are off until the next run; disks are paid for' },
  keep: { label: 'Keep', description: 'The next run starts at once; it goes when it has been idle for long enough' },
};

const places = [
  { label: 'User Settings', description: 'For all folders', where: 'user' as const },
  { label: 'Workspace Settings', description: 'For whoever opens this folder', where: 'workspace' as const },
];

/** A short walk that makes a profile, writes it into settings and shows it there. */
export function createProfile(parts: Parts) {
  return async (): Promise<void> => {
    const { settings } = parts;
    const draft = { ...firstDraft };
    const region = settings.dataprocProfiles()[0]?.region;
    if (region !== undefined) {
      draft.region = region;
    }
    const taken = settings.profileNames();
    let name: string | undefined;
    let where: 'user' | 'workspace' = 'user';
    const askName: Step = async (position) => {
      const problem = (text: string): string | undefined => nameProblem(text.trim(), taken);
      const prompt = 'Name of the profile.';
      const answer = await inputText({ title, prompt, value: name ?? freeName(draft, taken), problem }, position);
      if (answer === back) {
        return back;
      }
      name = answer.trim();
      return undefined;
    };
    const askPlace: Step = async (position) => {
      const answer = await pickOne({ title, placeholder: 'Where it is written', items: places }, position);
      if (answer === back) {
        return back;
      }
      where = answer.where;
      return undefined;
    };
    await askInSteps(() => [
      askBackend(draft),
      ...stepsOf(draft, parts),
      askName,
      ...(vscode.workspace.workspaceFolders === undefined ? [] : [askPlace]),
    ]);
    const made = name ?? freeName(draft, taken);
    await parts.addProfile(made, profileValue(draft), where);
    await parts.openSettings({ setting: 'dask.profiles', path: [made] });
    void parts.boundary.run(makeDefault, async () => {
      const text = `The profile "${made}" was created.`;
      if ((await vscode.window.showInformationMessage(text, makeDefault)) === makeDefault) {
        await settings.setDefaultProfile(made);
      }
    });
  };
}

function askBackend(draft: ProfileDraft): Step {
  return async (position) => {
    const active = backends.find(({ backend }) => backend === draft.backend);
    const answer = await pickOne({ title, placeholder: 'Where its clusters live', items: backends, active }, position);
    if (answer === back) {
      return back;
    }
    draft.backend = answer.backend;
    return undefined;
  };
}

function stepsOf(draft: ProfileDraft, parts: Parts): readonly Step[] {
  switch (draft.backend) {
    case 'dataproc':
      return [...dataprocSteps(draft, parts), askAfterRun(draft, ['delete', 'stop', 'keep'])];
    case 'local':
      return [
        textStep(
          'Number of workers.',
          () => `${draft.workers}`,
          (text) => workerCountProblem(text, 1),
          (text) => (draft.workers = Number(text)),
        ),
        askMemory(draft),
        askAfterRun(draft, ['delete', 'keep']),
      ];
    case 'address':
      return [
        textStep(
          'Address of the scheduler, as Client takes it: tcp://host:8786',
          () => draft.address,
          addressProblem,
          (text) => (draft.address = text),
        ),
      ];
  }
}

function askMemory(draft: ProfileDraft): Step {
  return async (position) => {
    const answer = await pickLoaded<string>(
      {
        title,
        placeholder: 'Memory of each worker: choose, or type it as Dask writes it',
        first: [
          { label: 'auto', description: "Its share of this machine's memory", value: 'auto' },
          ...['2GiB', '4GiB', '8GiB', '16GiB'].map((value) => ({ label: value, value })),
        ],
        load: () => Promise.resolve([]),
        isActive: (value) => value === draft.memoryLimit,
        explain: (error) => errorMessage(error).text,
        typed: (memoryLimit) => {
          const problem = draftProblem({ ...draft, memoryLimit }, 'memoryLimit');
          return problem === undefined ? { value: memoryLimit } : { problem };
        },
      },
      position,
    );
    if (answer === back) {
      return back;
    }
    draft.memoryLimit = answer;
    return undefined;
  };
}

function askAfterRun(draft: ProfileDraft, which: readonly ProfileDraft['afterRun'][]): Step {
  return async (position) => {
    const items = which.map((afterRun) => ({ ...afterwards[afterRun], afterRun }));
    const active = items.find(({ afterRun }) => afterRun === draft.afterRun);
    const answer = await pickOne(
      { title, placeholder: 'What becomes of a cluster after its run', items, active },
      position,
    );
    if (answer === back) {
      return back;
    }
    draft.afterRun = answer.afterRun;
    return undefined;
  };
}

function textStep(
  prompt: string,
  now: () => string,
  problem: (text: string) => string | undefined,
  set: (text: string) => void,
): Step {
  return async (position) => {
    const check = (text: string): string | undefined => problem(text.trim());
    const answer = await inputText({ title, prompt, value: now(), problem: check }, position);
    if (answer === back) {
      return back;
    }
    set(answer.trim());
    return undefined;
  };
}
