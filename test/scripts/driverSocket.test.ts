import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listenForDriver, type DriverSocket } from '../../scripts/start/driverSocket.mjs';

/** How long `npm start -- --headless` waits for its window. */
describe('the wait for a window', () => {
  let folder: string;
  let driver: DriverSocket;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dask-driver-socket-'));
    driver = await listenForDriver(path.join(folder, 'driver'));
  });
  afterEach(async () => {
    driver.close();
    await rm(folder, { recursive: true });
  });

  it('ends when the window calls', async () => {
    const arrival = driver.arrival({ signal: new AbortController().signal, seconds: 60 });
    const window = connect(path.join(folder, 'driver'));
    assert.equal(await arrival, 'connected');
    window.destroy();
  });

  it('has a limit: a window may never load', async () => {
    assert.equal(await driver.arrival({ signal: new AbortController().signal, seconds: 0.05 }), 'late');
  });

  it('ends at a cancel, also at one that came before it', async () => {
    const cancel = new AbortController();
    const arrival = driver.arrival({ signal: cancel.signal, seconds: 60 });
    cancel.abort();
    assert.equal(await arrival, 'cancelled');
    assert.equal(await driver.arrival({ signal: cancel.signal, seconds: 60 }), 'cancelled');
  });
});
