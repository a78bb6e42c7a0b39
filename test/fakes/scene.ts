import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunRecord, RunState } from '../../src/core/run';
import type { Run } from '../../src/run/run';
import type { RunServiceParts } from '../../src/run/runService';
import type { BackendKind } from '../../src/core/cluster';
import { FakeMachine } from './fakeProcesses';
import { FakeWindow } from './fakeWindow';
import { FakeWorld } from './fakeWorld';

/** A machine with one storage folder, a script, and as many windows as a test opens. */
export class Scene {
  readonly world = new FakeWorld();
  readonly machine = new FakeMachine();
  readonly windows: FakeWindow[] = [];
  readonly storage: string;
  readonly script: string;

  private constructor(readonly root: string) {
    this.storage = join(root, 'storage');
    this.script = join(root, 'etl.py');
  }

  static async make(): Promise<Scene> {
    const scene = new Scene(await mkdtemp(join(tmpdir(), 'dask-run-')));
    await writeFile(scene.script, 'print("hello")\n');
    return scene;
  }

  window(options: Partial<RunServiceParts> & { kind?: BackendKind; copyOutput?: boolean } = {}): FakeWindow {
    const window = new FakeWindow(this.storage, this.world, this.machine, options);
    this.windows.push(window);
    return window;
  }

  folder(runId: string): string {
    return join(this.storage, 'runs', runId);
  }

  /** The acts in a run's journal. */
  async acts(runId: string): Promise<string[]> {
    const text = await readFile(join(this.folder(runId), 'journal.jsonl'), 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { act: string }).act);
  }

  async clear(): Promise<void> {
    await Promise.all(this.windows.filter((window) => !window.backend.crashed).map((window) => window.close()));
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Resolves when the run's record is as wanted: waits for the change, not for time. */
export function until(run: Run, wanted: (record: RunRecord) => boolean): Promise<RunRecord> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (wanted(run.record)) {
        subscription.dispose();
        resolve(run.record);
      }
    };
    const subscription = run.onDidChange(look);
    look();
  });
}

export function untilState(run: Run, state: RunState): Promise<RunRecord> {
  return until(run, (record) => record.state === state);
}

/** Asks again at each turn of the event loop until it is true; for what fires no event. Mocha's timeout ends it. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
