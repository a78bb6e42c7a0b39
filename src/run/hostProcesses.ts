import { thisHost } from '../machine/host';
import type { ProcessIdentity } from '../machine/processes';
import { isAlive, pidStartOf } from '../machine/processes';
import type { ProcessTable } from './ownership';

/** The real processes of this machine. */
export const hostProcesses: ProcessTable = {
  self: async (): Promise<ProcessIdentity> => ({
    pid: process.pid,
    host: thisHost,
    // Without a start time nobody would ever take this process for alive: its runs could be driven twice.
    pidStart: (await pidStartOf(process.pid)) ?? fail(),
  }),
  isAlive: (identity) => (identity.pid === 0 ? Promise.resolve(false) : isAlive(identity)),
};

function fail(): never {
  throw new Error('The start time of this process cannot be read');
}
