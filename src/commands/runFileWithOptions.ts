import { QuickPickItemKind, type QuickPickItem, type Uri } from 'vscode';

import type { FileTarget } from '../contributions';
import type { ClusterRef } from '../core/cluster';
import { askInSteps, back, inputText, pickOne } from '../host/quickSteps';
import type { RunOptions } from '../host/savedState';
import { formatEnvironment, joinArguments, parseEnvironment, problemOf, splitArguments } from './argumentText';
import type { CommandParts } from './commandParts';
import { pickFiles } from './pickFiles';
import { profileItems, type ProfileItem } from './profileItems';
import { startFile } from './startFile';

type Parts = Pick<CommandParts, 'runs' | 'follower' | 'settings' | 'state' | 'clusters'>;

interface PlaceItem extends QuickPickItem {
  profile: string;
  cluster?: ClusterRef;
}

/** Asks for profile, arguments and environment, each as it was given last for this file, and runs it. */
export function runFileWithOptions(parts: Parts) {
  return async (target?: Uri | FileTarget): Promise<string | undefined> => {
    const [uri] = pickFiles(target).files;
    if (uri === undefined) {
      return undefined;
    }
    const last = await parts.state.runOptions(uri.toString());
    const { cluster, ...options } = await askOptions(parts, uri, last);
    await parts.state.rememberRunOptions(uri.toString(), options);
    const run = await startFile(parts, uri, { ...options, ...(cluster && { cluster }) });
    return run.id;
  };
}

async function askOptions(
  { settings, clusters }: Parts,
  uri: Uri,
  last: RunOptions | undefined,
): Promise<RunOptions & { cluster?: ClusterRef }> {
  await clusters.refresh();
  const title = `Run ${uri.path.split('/').at(-1) ?? ''} on Dask`;
  const places = [...profileItems(settings), ...clusterItems(clusters)];
  let place: PlaceItem | ProfileItem | undefined = places.find(
    (item) => item.profile === (last?.profile ?? settings.defaultProfile),
  );
  let args = joinArguments(last?.args ?? []);
  let environment = formatEnvironment(last?.environment ?? {});
  await askInSteps(() => [
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
          prompt: 'Arguments of the script. Quotes keep words together.',
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
  ]);
  const cluster = place !== undefined && 'cluster' in place ? place.cluster : undefined;
  return {
    profile: place?.profile ?? settings.defaultProfile,
    args: splitArguments(args),
    environment: parseEnvironment(environment),
    ...(cluster && { cluster }),
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
