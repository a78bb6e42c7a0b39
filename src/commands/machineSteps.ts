import type { ClusterMachines, MachineChange, MachineKind } from '../core/cluster';
import { formatDuration, parseDuration } from '../core/duration';
import { UserError } from '../core/errors';
import { back, inputText, type Step } from '../host/quickSteps';

const usualGraceSeconds = 120;
const longestGraceSeconds = 86_400;

/** A change of machines that was chosen, and what it is a change of. */
export interface ChosenMachines {
  now: ClusterMachines;
  change: MachineChange;
}

/** Questions for a number of machines of one kind; and for the time that those have which go. */
export class MachineSteps {
  #now: ClusterMachines | undefined;
  #kind: MachineKind = 'primary';
  #count = 0;
  #graceSeconds = usualGraceSeconds;

  constructor(
    private readonly title: string,
    /** The machines as they are now: asked for once. */
    private readonly look: () => Promise<ClusterMachines>,
  ) {}

  get chosen(): ChosenMachines {
    return { now: this.#machines, change: { kind: this.#kind, count: this.#count, graceSeconds: this.#graceSeconds } };
  }

  /** Begins with what there is of a kind. @throws UserError where their number cannot be changed */
  async choose(kind: MachineKind): Promise<void> {
    this.#now ??= await this.look();
    const { count, lowest, fixed } = this.#now[kind];
    if (fixed !== undefined) {
      throw new UserError({
        code: 'machinesFixed',
        what: `The number of ${kind} machines cannot be changed.`,
        why: fixed,
        next:
          this.#now.policy === undefined
            ? 'Create a cluster with primary machines.'
            : 'Change the policy in Google Cloud, or "scaling" in the profile for the next cluster.',
      });
    }
    this.#kind = kind;
    this.#count = Math.max(count, lowest);
  }

  steps(): readonly Step[] {
    const fewer = this.#count < (this.#now?.[this.#kind].count ?? 0);
    return fewer ? [this.#askCount, this.#askGrace] : [this.#askCount];
  }

  get #machines(): ClusterMachines {
    if (this.#now === undefined) {
      throw new Error('No machines were chosen');
    }
    return this.#now;
  }

  readonly #askCount: Step = async (position) => {
    const kind = this.#kind;
    const { count, lowest } = this.#machines[kind];
    const answer = await inputText(
      {
        title: this.title,
        prompt: `Number of ${kind} machines: ${count} now.`,
        value: `${this.#count}`,
        problem: (text) => machineCountProblem(this.#machines, kind, text),
      },
      position,
    );
    this.#count = answer === back ? Math.max(count, lowest) : Number(answer);
    return answer === back ? back : undefined;
  };

  readonly #askGrace: Step = async (position) => {
    const answer = await inputText(
      {
        title: this.title,
        prompt: 'Time that a machine has to hand over its work before it goes; 0 takes it away at once.',
        value: this.#graceSeconds === 0 ? '0' : formatDuration(this.#graceSeconds * 1000),
        problem: (text) =>
          graceOf(text) === undefined ? 'A time up to one day is needed, such as 2 min or 1 hour.' : undefined,
      },
      position,
    );
    if (answer === back) {
      return back;
    }
    this.#graceSeconds = graceOf(answer) ?? usualGraceSeconds;
    return undefined;
  };
}

/** What is wrong with a number of machines; undefined when nothing is. */
function machineCountProblem(machines: ClusterMachines, kind: MachineKind, text: string): string | undefined {
  const { count, lowest, highest } = machines[kind];
  const number = Number(text);
  if (!/^\d+$/.test(text.trim()) || number < lowest || number > highest) {
    const allowed = `A whole number from ${lowest} to ${highest} is needed`;
    return machines.policy === undefined
      ? `${allowed}.`
      : `${allowed}: the autoscaling policy ${machines.policy} allows no other.`;
  }
  return number === count ? `There are ${count} now: another number is needed.` : undefined;
}

/** Seconds, whole. */
function graceOf(text: string): number | undefined {
  const seconds = parseDuration(text);
  return seconds === undefined || seconds > longestGraceSeconds ? undefined : Math.round(seconds);
}
