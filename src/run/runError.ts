import type { ErrorRecord } from '../core/errors';
import { UserError } from '../core/errors';
import type { Logger } from '../core/ports';

/** An error as a run keeps it; what is not meant for people goes to the log with its stack. */
export function toErrorRecord(error: unknown, doing: string, logger: Logger): ErrorRecord {
  if (error instanceof UserError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.buttons.length > 0 ? { buttons: error.buttons } : {}),
    };
  }
  logger.error(`${doing} failed`, error);
  const said = error instanceof Error ? error.message : String(error);
  return {
    code: 'unexpected',
    message: `${doing} failed: ${/[.!?]$/.test(said) ? said : `${said}.`} See the log for details, and run it again.`,
    buttons: [{ title: 'Show Log', action: { kind: 'showLog' } }],
  };
}

/** A run that was begun by a window that closed before its script was started. */
export const interrupted: ErrorRecord = {
  code: 'interrupted',
  message: 'VS Code was closed before the run started. Run it again.',
};
