import type { RunRecord } from '../core/run';

const places = ['here', 'elsewhere'] as const;
type Place = (typeof places)[number];

/**
 * Looks again and again at the runs that others drive. Those of this machine end without a word when their window is
 * killed. Of those of another machine that shares the home directory hardly anything is learned: they are looked at seldom.
 * No timer runs for a place without such a run.
 */
export class OwnerWatch {
  readonly #foreign: () => readonly RunRecord[];
  readonly #look: (id: string) => void;
  readonly #every: Readonly<Record<Place, number>>;
  readonly #timers = new Map<Place, NodeJS.Timeout>();
  #disposed = false;

  /**
   * @param foreign the runs now that need something still and are driven by others
   * @param every milliseconds between two looks at a run
   */
  constructor(foreign: () => readonly RunRecord[], look: (id: string) => void, every: Readonly<Record<Place, number>>) {
    this.#foreign = foreign;
    this.#look = look;
    this.#every = every;
  }

  /** Call it when runs came, ended or changed hands. */
  update(): void {
    for (const place of places) {
      if (this.#disposed || this.#at(place).length === 0) {
        this.#stop(place);
      } else if (!this.#timers.has(place)) {
        this.#timers.set(
          place,
          setInterval(() => this.look(place), this.#every[place]),
        );
      }
    }
  }

  /** Looks now. */
  look(place: Place): void {
    this.#at(place).forEach(({ id }) => this.#look(id));
    this.update();
  }

  dispose(): void {
    this.#disposed = true;
    places.forEach((place) => this.#stop(place));
  }

  #at(place: Place): readonly RunRecord[] {
    return this.#foreign().filter(({ host }) => (host === undefined ? 'here' : 'elsewhere') === place);
  }

  #stop(place: Place): void {
    clearInterval(this.#timers.get(place));
    this.#timers.delete(place);
  }
}
