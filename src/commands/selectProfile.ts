import { QuickPickItemKind, type QuickPickItem } from 'vscode';

import { pickSingle } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { profileItems } from './profileItems';

interface Choice extends QuickPickItem {
  profile?: string;
}

/** Chooses the profile that runs use unless they say otherwise. */
export function selectProfile({ settings, openSettings }: Pick<CommandParts, 'settings' | 'openSettings'>) {
  return async (): Promise<void> => {
    const items = profileItems(settings);
    const wrong = new Set(settings.profiles().problems.map((problem) => problem.profile));
    const open: Choice = {
      label: '$(settings-gear) Open Profiles in Settings',
      ...(wrong.size > 0 && { description: `${[...wrong].join(', ')}: not usable` }),
    };
    const active = items.find((item) => item.profile === settings.defaultProfile);
    const { profile } = await pickSingle<Choice>({
      title: 'Select Default Profile',
      placeholder: 'Profile of runs that do not name another',
      items: [...items, { label: '', kind: QuickPickItemKind.Separator }, open],
      active,
    });
    if (profile === undefined) {
      await openSettings({ setting: 'dask.profiles' });
    } else {
      await settings.setDefaultProfile(profile);
    }
  };
}
