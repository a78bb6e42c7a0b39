import { QuickPickItemKind, type QuickPickItem } from 'vscode';

import { pickSingle } from '../host/quickSteps';
import type { CommandParts } from './commandParts';
import { createProfile } from './createProfile';
import { profileItems } from './profileItems';

interface Choice extends QuickPickItem {
  profile?: string;
  creates?: true;
}

type Parts = Pick<CommandParts, 'settings' | 'openSettings' | 'google' | 'addProfile' | 'boundary'>;

/** Chooses the profile that runs use unless they say otherwise. */
export function selectProfile(parts: Parts) {
  const { settings, openSettings } = parts;
  return async (): Promise<void> => {
    const items = profileItems(settings);
    const wrong = new Set(settings.profiles().problems.map((problem) => problem.profile));
    const open: Choice = {
      label: '$(settings-gear) Open Profiles in Settings',
      ...(wrong.size > 0 && { description: `${[...wrong].join(', ')}: not usable` }),
    };
    const create: Choice = { label: '$(add) Create Profile…', creates: true };
    const active = items.find((item) => item.profile === settings.defaultProfile());
    const { profile, creates } = await pickSingle<Choice>({
      title: 'Select Default Profile',
      placeholder: 'Profile of runs that do not name another',
      items: [...items, { label: '', kind: QuickPickItemKind.Separator }, create, open],
      active,
    });
    if (creates === true) {
      await createProfile(parts)();
    } else if (profile === undefined) {
      await openSettings({ setting: 'dask.profiles' });
    } else {
      await settings.setDefaultProfile(profile);
    }
  };
}
