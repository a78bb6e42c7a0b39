import { QuickPickItemKind, type QuickPickItem } from 'vscode';

import type { Profile } from '../core/profile';
import type { Settings } from '../host/settings';
import { profileText } from './profileText';

export interface ProfileItem extends QuickPickItem {
  profile: string;
}

/** The profiles that can be used for a file or folder, under a heading, the default one first. */
export function profileItems(
  settings: Pick<Settings, 'profiles' | 'defaultProfile'>,
  scope?: string,
  which: (profile: Profile) => boolean = () => true,
): readonly ProfileItem[] {
  const standard = settings.defaultProfile(scope);
  const profiles = [...settings.profiles(scope).profiles.values()].filter(which);
  profiles.sort((a, b) => Number(b.name === standard) - Number(a.name === standard));
  return [
    { label: 'Profiles', kind: QuickPickItemKind.Separator, profile: '\0' },
    ...profiles.map((profile): ProfileItem => ({
      label: `$(server-environment) ${profile.name}`,
      description: profileText(profile) + (profile.name === standard ? ' · default' : ''),
      profile: profile.name,
    })),
  ];
}
