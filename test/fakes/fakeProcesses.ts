import type { ProcessIdentity } from '../../src/machine/processes';
import type { ProcessTable } from '../../src/run/ownership';

/** The processes of a machine: each window of a test is one. */
export class FakeMachine {
  readonly #alive = new Set<string>();
  #nextPid = 1000;

  /** A new process, and how it sees the others. */
  boot(): { table: ProcessTable; kill: () => void } {
    const identity: ProcessIdentity = { pid: this.#nextPid++, pidStart: 'now' };
    const key = JSON.stringify(identity);
    this.#alive.add(key);
    const orDead = <T>(value: T): Promise<T> =>
      this.#alive.has(key) ? Promise.resolve(value) : Promise.reject(new Error('This process was killed'));
    return {
      table: {
        self: () => orDead(identity),
        isAlive: (other) => orDead(this.#alive.has(JSON.stringify({ pid: other.pid, pidStart: other.pidStart }))),
      },
      kill: () => this.#alive.delete(key),
    };
  }
}
