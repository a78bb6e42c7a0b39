import { UserError, type ErrorButton } from '../core/errors';

/** What an error says to people: UserErrors in their own words, all others as a defect with a way to the log. */
export function errorMessage(error: unknown): { text: string; buttons: readonly ErrorButton[] } {
  const showLog: ErrorButton = { title: 'Show Log', action: { kind: 'showLog' } };
  if (error instanceof UserError) {
    // VS Code cuts a message without buttons to one line.
    return { text: error.message, buttons: error.buttons.length > 0 ? error.buttons : [showLog] };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return {
    text: `Something went wrong: ${detail.split('\n', 1)[0] ?? ''}`,
    buttons: [showLog],
  };
}

/** VS Code makes links of `[text](command:…)` in messages: text of others must not become one. */
export function plainText(text: string): string {
  return text.replaceAll('](', '] (');
}
