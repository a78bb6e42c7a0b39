import assert from 'node:assert/strict';
import type { LogSource } from '../../../src/core/cluster';
import { PanelLogs } from '../../../src/panel/panelLogs';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { until } from './tempFolder';

const scheduler: LogSource = { id: 'scheduler', label: 'Scheduler', path: '/l/scheduler.log' };

/** Looks that the test answers. */
class World {
  readonly looks: { signal: AbortSignal; answer: (sources: LogSource[]) => void; fail: (error: Error) => void }[] = [];
  readonly log = new RecordingLogger();
  reading = false;
  changes = 0;
  readonly logs: PanelLogs;

  constructor(fetched: boolean, pause: number) {
    this.logs = new PanelLogs({
      find: (signal) => new Promise((answer, fail) => this.looks.push({ signal, answer, fail })),
      fetched,
      reading: () => this.reading,
      pause,
      log: this.log,
    });
    this.logs.onDidChange(() => (this.changes += 1));
  }

  /** Long enough for a look that is due now to have begun. */
  async turn(): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      this.logs.look();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

describe('The logs of a cluster, as its panel finds them', () => {
  it('are looked for one at a time, however often something changes', async () => {
    const world = new World(false, 0);
    await world.turn();
    await world.turn();
    assert.equal(world.looks.length, 1);
    world.looks[0]!.answer([scheduler]);
    assert.equal(world.logs.looked, false);
    await until('an answer', () => world.changes === 1);
    assert.equal(world.logs.looked, true);
    assert.deepEqual(world.logs.sources, [scheduler]);
    await world.turn();
    assert.equal(world.looks.length, 2);
    world.logs.dispose();
  });

  it('are not looked for again before their time', async () => {
    const world = new World(false, 60_000);
    await world.turn();
    world.looks[0]!.answer([scheduler]);
    await until('an answer', () => world.changes === 1);
    await world.turn();
    assert.equal(world.looks.length, 1);
    world.logs.dispose();
  });

  it('are fetched once, and again only while one of them is read', async () => {
    const world = new World(true, 0);
    await world.turn();
    world.looks[0]!.answer([scheduler]);
    await until('an answer', () => world.changes === 1);
    await world.turn();
    assert.equal(world.looks.length, 1, 'nobody reads them');
    world.reading = true;
    world.logs.look();
    await until('another look', () => world.looks.length === 2);
    world.looks[1]!.answer([scheduler]);
    await until('the next look by itself', () => world.looks.length === 3);
    world.reading = false;
    world.looks[2]!.answer([scheduler]);
    await world.turn();
    assert.equal(world.looks.length, 3);
    world.logs.dispose();
  });

  it('end a look that is under way when the panel is hidden, and say nothing of it', async () => {
    const world = new World(true, 0);
    await world.turn();
    world.logs.stop();
    assert.equal(world.looks[0]!.signal.aborted, true);
    world.looks[0]!.fail(new Error('Ended'));
    await world.turn();
    assert.equal(world.looks.length, 2, 'looked for again when it is shown');
    assert.deepEqual(world.log.lines, []);
    world.looks[1]!.fail(new Error('No Python'));
    await until('a warning', () => world.log.lines.length === 1);
    assert.equal(world.logs.looked, true, 'nobody waits for more');
    world.logs.dispose();
  });
});
