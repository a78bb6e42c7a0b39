import type { Profile } from '../../src/core/profile';
import type { RunRequest } from '../../src/core/run';
import { UserError } from '../../src/core/errors';
import type { BackendKind } from '../../src/core/cluster';
import { RunService } from '../../src/run/runService';
import type { RunServiceParts } from '../../src/run/runService';
import { RunStore } from '../../src/run/runStore';
import { builtInProfile } from '../../src/core/profileValidation';
import { FakeBackend } from './fakeBackend';
import type { FakeMachine } from './fakeProcesses';
import type { FakeWorld } from './fakeWorld';
import { RecordingLogger } from './recordingLogger';

/** One window of VS Code: the real run service over a real folder, on a fake world. */
export class FakeWindow {
  readonly logger = new RecordingLogger();
  readonly backend: FakeBackend;
  readonly store: RunStore;
  readonly service: RunService;
  readonly profiles = new Map<string, Profile>([
    ['local', builtInProfile],
    ['kept', { ...builtInProfile, name: 'kept', afterRun: 'keep' }],
    ['shared', { backend: 'address', name: 'shared', address: 'tcp://127.0.0.1:8786', environment: {} }],
  ]);
  /** Replaced to let choosing a Python fail or wait. */
  resolveInterpreter: (signal: AbortSignal) => Promise<string> = () => Promise.resolve('/usr/bin/python3');
  readonly #kill: () => void;

  constructor(
    storage: string,
    world: FakeWorld,
    machine: FakeMachine,
    options: Partial<RunServiceParts> & { kind?: BackendKind; copyOutput?: boolean } = {},
  ) {
    const { table, kill } = machine.boot();
    this.#kill = kill;
    this.backend = new FakeBackend(world, options.kind, options.copyOutput);
    this.backend.onCrash = () => this.#die();
    this.store = new RunStore(storage, this.logger);
    this.service = new RunService({
      storage,
      backends: [this.backend, new FakeBackend(world, 'address')],
      profiles: { find: (name) => this.#find(name) },
      interpreters: { resolve: (_profile, _onProgress, signal) => this.resolveInterpreter(signal) },
      processes: table,
      store: this.store,
      logger: this.logger,
      userFolders: () => [],
      retryDelays: [1, 1, 1],
      ownerCheck: 20,
      ...options,
    });
  }

  /** Nothing of it goes on: as `kill -9` of the extension host. */
  crash(): void {
    this.backend.crash();
  }

  close(): Promise<void> {
    this.store.dispose();
    return this.service.dispose();
  }

  #die(): void {
    this.#kill();
    this.store.dispose();
    // Only to stop its timers: nothing of it can write any more.
    void this.service.dispose();
  }

  #find(name: string): Profile {
    const profile = this.profiles.get(name);
    if (!profile) {
      throw new UserError({ code: 'profileUnknown', what: `There is no profile "${name}".`, next: 'Select another.' });
    }
    return profile;
  }
}

export function requestFor(path: string, profile = 'local', values: Partial<RunRequest> = {}): RunRequest {
  return { target: { kind: 'file', path }, profile, args: [], environment: {}, ...values };
}
