import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as configurationModule from '../../yarn/configuration.mjs';
import type * as daemonsModule from '../../yarn/yarnDaemons.mjs';
import { YarnMachines } from './yarnMachines';

/**
 * YARN for an emulator. Its modules are loaded from the checkout, as they find their own files beside themselves.
 * @param root the checkout's folder
 * @param hadoop what `ensureHadoop` of `scripts/setup/hadoop.mjs` returns
 */
export async function loadYarn(root: string, hadoop: daemonsModule.Hadoop): Promise<YarnMachines> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(resolve(root, 'test', 'yarn', name)).href);
  const { YarnDaemons } = (await load('yarnDaemons.mjs')) as typeof daemonsModule;
  const { oneQueue } = (await load('configuration.mjs')) as typeof configurationModule;
  return new YarnMachines(
    (options) => new YarnDaemons(hadoop, { ...options, queues: { ...oneQueue(), ...options.queues } }),
  );
}
