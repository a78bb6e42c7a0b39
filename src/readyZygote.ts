import type { Logger } from './core/ports';
import type { HostInterpreterSource } from './host/interpreterSource';
import type { Settings } from './host/settings';
import { pythonEnvironment } from './machine/pythonEnvironment';
import type { Zygotes } from './machine/zygotes';

/** Has a zygote ready for the next run with the usual profile, where that needs no question. */
export async function readyZygote(
  zygotes: Zygotes,
  interpreters: Pick<HostInterpreterSource, 'usable'>,
  settings: Pick<Settings, 'profile' | 'defaultProfile'>,
  log: Logger,
): Promise<void> {
  try {
    const profile = settings.profile(settings.defaultProfile);
    if (profile.backend === 'local') {
      const interpreter = await interpreters.usable(profile, new AbortController().signal);
      if (interpreter !== undefined) {
        const environment = pythonEnvironment(process.env, profile.environment);
        await zygotes.prepare(interpreter, environment, new AbortController().signal);
      }
    }
  } catch (error) {
    // The run that comes says what is wrong.
    log.info('Nothing was made ready for a run', error);
  }
}
