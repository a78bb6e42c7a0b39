import { errorCode } from './jsonFile';

/** False when no process has this pid; one that belongs to somebody else counts. */
export function mayExist(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** Sends a signal to a process, or to a group where `pid` is negative. One that has gone or is not ours is passed over. */
export function sendQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH' && errorCode(error) !== 'EPERM') {
      throw error;
    }
  }
}
