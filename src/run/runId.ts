import { randomBytes } from 'node:crypto';

/** Names of run folders; anything else under `runs/` is not one. */
export const runIdPattern = /^\d{8}-\d{6}-\d{3}-[a-z0-9]{8}$/;

/** `20261124-061133-123-5f0c9a1b`: the time in UTC, so that ids sort by time, and 32 random bits. */
export function newRunId(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const [seconds = '', milliseconds = ''] = time.replace('Z', '').split('.');
  return `${date.replaceAll('-', '')}-${seconds.replaceAll(':', '')}-${milliseconds}-${randomBytes(4).toString('hex')}`;
}
