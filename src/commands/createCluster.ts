import * as vscode from 'vscode';

import type { StartupStage } from '../core/cluster';
import { isCancelled } from '../core/errors';
import { withNotification } from '../host/progress';
import { pickSingle } from '../host/quickSteps';
import { newRunId } from '../run/runId';
import type { CommandParts } from './commandParts';
import { profileItems } from './profileItems';

const stages: Readonly<Record<StartupStage, string>> = {
  environment: 'Preparing Python',
  process: 'Starting the cluster process',
  scheduler: 'Starting the scheduler',
  workers: 'Waiting for workers',
  ready: 'Ready',
};

type Parts = Pick<CommandParts, 'settings' | 'backend' | 'interpreters' | 'clusters' | 'receipts'>;

/**
 * Creates a cluster by hand: it stays, and runs with its profile use it while it is warm. Where it costs money, what is
 * made is told first.
 */
export function createCluster(parts: Parts) {
  return async (): Promise<void> => {
    const items = profileItems(parts.settings, undefined, (profile) => profile.backend !== 'address');
    const names = items.filter((item) => item.kind === undefined);
    const item =
      names.length === 1 && names[0] !== undefined
        ? names[0]
        : await pickSingle({ title: 'Create Cluster', placeholder: 'Profile of the cluster', items, active: names[0] });
    const profile = parts.settings.profile(item.profile);
    void vscode.commands.executeCommand('dask.clusters.focus');
    await withNotification(`Cluster ${profile.name}`, async (report, signal) => {
      const backend = parts.backend(profile.backend);
      const interpreter = backend.interpreter ?? (await parts.interpreters.resolve(profile, report, signal));
      if (backend.receipt !== undefined) {
        report('Looking at what will be created');
        const wanted = { target: undefined, workspaceFolder: undefined, profile, reused: undefined };
        await parts.receipts.agreeToCluster(await backend.receipt(wanted, signal), profile, signal);
      }
      const id = newRunId(Date.now());
      try {
        await backend.createCluster(
          { name: profile.name, profile, interpreter, ephemeral: false },
          id,
          (stage, detail) => report(detail ?? stages[stage]),
          signal,
        );
      } catch (error) {
        if (isCancelled(error)) {
          const ref = { backend: profile.backend, id };
          await backend.deleteCluster(ref, 'Its start was cancelled.', new AbortController().signal);
        }
        throw error;
      } finally {
        await parts.clusters.refresh();
      }
    });
  };
}
