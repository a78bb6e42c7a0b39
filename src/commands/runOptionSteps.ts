import { QuickPickItemKind, type QuickPickItem } from 'vscode';

import type { ClusterRef } from '../core/cluster';
import { back, inputText, pickOne, type Step } from '../host/quickSteps';
import type { RunOptions } from '../host/savedState';
import { formatEnvironment, joinArguments, parseEnvironment, problemOf, splitArguments } from './argumentText';
import type { CommandParts } from './commandParts';
import { profileItems, type ProfileItem } from './profileItems';

type Parts = Pick<CommandParts, 'settings' | 'clusters'>;

interface PlaceItem extends QuickPickItem {
  profile: string;
  cluster?: ClusterRef;
}

/** What was answered: the options, and a cluster where one was chosen instead of a profile. */
export interface RunAnswers {
  options: RunOptions;
  cluster?: ClusterRef;
}

/** The questions of a run: where, with which arguments, with which environment. Each begins with its last answer. */
export interface RunOptionSteps {
  steps: readonly Step[];
  answers: () => RunAnswers;
}

/** @param scope the file or folder that is to run, absolute: its folder may have profiles of its own */
export async function runOptionSteps(
  { settings, clusters }: Parts,
  title: string,
  argumentsPrompt: string,
  last: RunOptions | undefined,
  scope?: string,
): Promise<RunOptionSteps> {
  await clusters.refresh();
  const places = [...profileItems(settings, scope), ...clusterItems(clusters)];
  let place: PlaceItem | ProfileItem | undefined = places.find(
    (item) => item.profile === (last?.profile ?? settings.defaultProfile(scope)),
  );
  let args = joinArguments(last?.args ?? []);
  let environment = formatEnvironment(last?.environment ?? {});
  const steps: Step[] = [
    async (position) => {
      const answer = await pickOne<PlaceItem>(
        { title, placeholder: 'Profile, or a cluster that is already there', items: places, active: place },
        position,
      );
      if (answer === back) {
        return back;
      }
      place = answer;
      return undefined;
    },
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: argumentsPrompt,
          placeholder: '--year 2026 "two words"',
          value: args,
          problem: (text) => problemOf(() => splitArguments(text)),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      args = answer;
      return undefined;
    },
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: "Environment variables, added to the profile's.",
          placeholder: 'NAME=value OTHER="two words"',
          value: environment,
          problem: (text) => problemOf(() => parseEnvironment(text)),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      environment = answer;
      return undefined;
    },
  ];
  return {
    steps,
    answers: () => {
      const cluster = place !== undefined && 'cluster' in place ? place.cluster : undefined;
      const options = {
        profile: place?.profile ?? settings.defaultProfile(scope),
        args: splitArguments(args),
        environment: parseEnvironment(environment),
      };
      return { options, ...(cluster && { cluster }) };
    },
  };
}

function clusterItems(clusters: Parts['clusters']): readonly PlaceItem[] {
  const live = clusters.entries().filter(({ cluster }) => cluster.state === 'running' && !cluster.ephemeral);
  if (live.length === 0) {
    return [];
  }
  return [
    { label: 'Clusters', kind: QuickPickItemKind.Separator, profile: '\0' },
    ...live.map(({ cluster }): PlaceItem => ({
      label: `$(vm-running) ${cluster.name}`,
      description: cluster.profile === undefined ? 'attached' : `profile ${cluster.profile}`,
      profile: cluster.profile ?? '',
      cluster: { backend: cluster.backend, id: cluster.id },
    })),
  ];
}
