import type { Disposable } from '../core/event';
import type { RunRecord } from '../core/run';
import type { RunService } from '../run/runService';
import type { RunStore } from '../run/runStore';
import type { RunHistory } from './runSource';

/** The runs that the service follows, and those that only the disk remembers. */
export class KnownRuns implements RunHistory {
  constructor(
    private readonly runs: Pick<RunService, 'runs' | 'onDidChange' | 'lookElsewhere'>,
    private readonly store: Pick<RunStore, 'ids' | 'page' | 'onDidChange'>,
    private readonly reconciled: Promise<unknown>,
  ) {}

  recent(): readonly RunRecord[] {
    return this.runs.runs().map((run) => run.record);
  }

  onDidChange(listener: (id: string | undefined) => unknown): Disposable {
    // Whoever listens shows them.
    this.runs.lookElsewhere();
    const changes = this.runs.onDidChange((run) => listener(run.id));
    const cameOrWent = this.store.onDidChange((id) => id === undefined && listener(undefined));
    return {
      dispose: () => {
        changes.dispose();
        cameOrWent.dispose();
      },
    };
  }

  async count(): Promise<number> {
    this.runs.lookElsewhere();
    return (await this.store.ids()).length;
  }

  page(offset: number, length: number): Promise<readonly RunRecord[]> {
    return this.store.page(offset, length);
  }

  async ready(): Promise<void> {
    await this.reconciled;
  }
}
