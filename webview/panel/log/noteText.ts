import type { LogStatus } from '../../../src/protocol/messages';
import type { PanelLogSource } from '../../../src/protocol/panelState';

/** What stands in for an empty log. `ended`: the run whose output it is has ended. Empty where the log speaks for itself. */
export function noteText(status: LogStatus, source: PanelLogSource | undefined, ended: boolean): string {
  if (!source) {
    return 'No log yet.';
  }
  if (status.state === 'failed') {
    return `The log cannot be read: ${status.failure ?? ''}`;
  }
  if (status.lineCount > 0 || status.state === 'unread') {
    return '';
  }
  if (status.state === 'missing' && source.kind === 'cluster') {
    return 'This log is not there.';
  }
  return ended ? 'The run printed nothing.' : 'No output yet.';
}
