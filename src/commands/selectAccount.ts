import * as vscode from 'vscode';

import type { SignIn, SignInOffer } from '../core/googleAccount';
import { errorMessage } from '../host/errorMessage';
import { back, pickLoaded, type Choice } from '../host/quickSteps';
import type { CommandParts } from './commandParts';

/** What a row of the list is for: to ask as somebody, or to sign in first. */
type Answer = { signIn: SignIn } | { command: string };

/** Chooses whom Google Cloud is asked as, among what is signed in on this machine. */
export function selectAccount({ settings, google }: Pick<CommandParts, 'settings' | 'google'>) {
  return async (): Promise<void> => {
    const isAutomatic = Object.keys(settings.signIn).length === 0;
    const automatic: Choice<Answer> = {
      label: '$(wand) Automatic',
      description: `application default credentials, else gcloud${isAutomatic ? ' · set' : ''}`,
      value: { signIn: {} },
    };
    const answer = await pickLoaded<Answer>(
      {
        title: 'Select Google Account',
        placeholder: 'Whom Google Cloud is asked as',
        first: [automatic],
        load: async (signal) => (await google.accounts.offers(signal)).map(itemOf),
        explain: (error) => errorMessage(error).text,
      },
      { step: 1, totalSteps: 1 },
    );
    if (answer === back) {
      return;
    }
    if ('command' in answer) {
      // Typed, not run: it opens a browser, and may be the wrong account.
      const terminal = vscode.window.createTerminal('Google Cloud');
      terminal.show();
      terminal.sendText(answer.command, false);
      return;
    }
    await settings.setSignIn(answer.signIn);
    // Also where nothing was changed: somebody may have signed in since.
    google.signInChanged();
  };
}

function itemOf(offer: SignInOffer): Choice<Answer> {
  const { signIn, account, project, current, missing, command } = offer;
  const kind = signIn.source === 'gcloud' ? 'gcloud' : 'Application default credentials';
  if (missing !== undefined) {
    return { label: `$(warning) ${kind}`, detail: missing, ...(command !== undefined && { value: { command } }) };
  }
  const parts = signIn.source === 'gcloud' ? [kind] : [account];
  return {
    label: `$(account) ${signIn.source === 'gcloud' ? (account ?? kind) : kind}`,
    description: [...parts, project, current ? 'in use' : undefined].filter((part) => part !== undefined).join(' · '),
    value: { signIn },
  };
}
