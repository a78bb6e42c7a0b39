import type { WorkerRange } from '../core/cluster';
import { back, inputText, pickOne, type Step } from '../host/quickSteps';
import { workerCountProblem } from './workerCount';

const kinds = [
  { label: 'Fixed', description: 'A number of workers that stays', range: 'fixed' as const },
  { label: 'Adaptive', description: 'Dask adds and removes workers as the load asks', range: 'adaptive' as const },
];

/** Questions for a number of Dask workers, beginning with what there is now. */
export class WorkerSteps {
  #kind: WorkerRange['kind'];
  #count: number;
  #minimum: number;
  #maximum: number;

  constructor(
    private readonly title: string,
    now: WorkerRange | undefined,
  ) {
    this.#kind = now?.kind ?? 'fixed';
    this.#count = now?.kind === 'fixed' ? now.count : 4;
    this.#minimum = now?.kind === 'adaptive' ? now.minimum : 1;
    this.#maximum = now?.kind === 'adaptive' ? now.maximum : Math.max(this.#count, 8);
  }

  get range(): WorkerRange {
    return this.#kind === 'fixed'
      ? { kind: 'fixed', count: this.#count }
      : { kind: 'adaptive', minimum: this.#minimum, maximum: this.#maximum };
  }

  steps(): readonly Step[] {
    const least = this.#minimum;
    return this.#kind === 'fixed'
      ? [this.#askKind, this.#askNumber('Number of workers.', this.#count, 1, (value) => (this.#count = value))]
      : [
          this.#askKind,
          this.#askNumber(
            'Workers that stay when there is nothing to do.',
            least,
            0,
            (value) => (this.#minimum = value),
          ),
          this.#askNumber(
            'Workers at most.',
            Math.max(this.#maximum, least),
            Math.max(1, least),
            (value) => (this.#maximum = value),
          ),
        ];
  }

  readonly #askKind: Step = async (position) => {
    const active = kinds.find((item) => item.range === this.#kind);
    const placeholder = 'How the number of workers is set';
    const answer = await pickOne({ title: this.title, placeholder, items: kinds, active }, position);
    if (answer === back) {
      return back;
    }
    this.#kind = answer.range;
    return undefined;
  };

  #askNumber(prompt: string, value: number, lowest: number, set: (value: number) => void): Step {
    return async (position) => {
      const problem = (text: string): string | undefined => workerCountProblem(text, lowest);
      const answer = await inputText({ title: this.title, prompt, value: `${value}`, problem }, position);
      if (answer === back) {
        return back;
      }
      set(Number(answer));
      return undefined;
    };
  }
}
