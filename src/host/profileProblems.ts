import type { Disposable } from '../core/event';
import type { CommandBoundary } from './commandBoundary';
import type { Settings } from './settings';

/** Says once what is wrong with the profiles in settings, with a button to the line. */
export class ProfileProblems implements Disposable {
  readonly #said = new Set<string>();
  readonly #subscription: Disposable;

  constructor(
    private readonly settings: Pick<Settings, 'problems' | 'onDidChange'>,
    private readonly boundary: Pick<CommandBoundary, 'show'>,
  ) {
    this.#subscription = settings.onDidChange((id) => {
      if (id === 'dask.profiles') {
        this.check();
      }
    });
  }

  check(): void {
    const problems = this.settings.problems();
    const fresh = problems.filter(({ message }) => !this.#said.has(message));
    // What was put right may go wrong again, and is then worth saying.
    this.#said.clear();
    for (const { message } of problems) {
      this.#said.add(message);
    }
    const [first] = fresh;
    if (first === undefined) {
      return;
    }
    const more = fresh.length === 1 ? '' : ` There are ${fresh.length} such problems.`;
    const path = first.profile === '' ? [] : [first.profile, ...first.path];
    void this.boundary.show('warning', first.message + more, [
      { title: 'Open Settings', action: { kind: 'openSettings', setting: 'dask.profiles', path } },
    ]);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
