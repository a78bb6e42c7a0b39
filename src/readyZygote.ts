import type { Logger } from './core/ports';
import type { HostInterpreterSource } from './host/interpreterSource';
import type { Settings } from './host/settings';
import type { ActivatedEnvironments } from './machine/activatedEnvironments';
import type { Zygotes } from './machine/zygotes';

/**
 * Has a zygote ready for the next run with the usual profile, where that needs no question.
 * @param scope the file that such a run is expected of, absolute
 */
export async function readyZygote(
  parts: {
    zygotes: Zygotes;
    interpreters: Pick<HostInterpreterSource, 'usable'>;
    environments: Pick<ActivatedEnvironments, 'of'>;
    settings: Pick<Settings, 'profile' | 'defaultProfile'>;
    log: Logger;
  },
  scope: string | undefined,
): Promise<void> {
  const { zygotes, interpreters, environments, settings, log } = parts;
  try {
    const profile = settings.profile(settings.defaultProfile(scope), scope);
    if (profile.backend === 'local') {
      const interpreter = await interpreters.usable(profile, new AbortController().signal, scope);
      if (interpreter !== undefined) {
        const environment = await environments.of(interpreter, profile.environment);
        await zygotes.prepare(interpreter, environment, new AbortController().signal);
      }
    }
  } catch (error) {
    // The run that comes says what is wrong.
    log.info('Nothing was made ready for a run', error);
  }
}
