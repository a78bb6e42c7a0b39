import type { Access, Identity } from '../../../../src/dataproc/access/access';
import { GoogleError, type Place } from '../../../../src/dataproc/google/googleApi';
import { RestGoogleApi } from '../../../../src/dataproc/google/restGoogleApi';
import { Emulator, type EmulatorOptions } from '../../../emulator/emulator';
import type { FaultRule } from '../../../emulator/faults';
import { RecordingLogger } from '../../../fakes/recordingLogger';

export const place: Place = { project: 'p1', region: 'us-central1' };

/** Never to be seen in a log or in an error. */
export const canary = 'ya29.canary-of-the-tokens';

/** Tokens one after another: the next one where one was refused. */
export class ListedAccess implements Access {
  asked = 0;
  readonly refusals: string[] = [];

  constructor(private readonly tokens: readonly string[] = [canary]) {}

  token(): Promise<string> {
    this.asked += 1;
    return Promise.resolve(this.tokens[Math.min(this.refusals.length, this.tokens.length - 1)] ?? '');
  }

  refused(token: string): void {
    this.refusals.push(token);
  }

  who(): Promise<Identity> {
    return Promise.resolve({ account: 'user@example.com', project: 'p1', source: 'gcloud' });
  }
}

/** What ends within so many milliseconds has waited for no answer: those of faults come later, and silence is borne for 20 s. */
export const whileSilent = 10_000;

/** The product's client, and the emulator that it speaks with. */
export class GoogleFixture {
  readonly api: RestGoogleApi;
  readonly log = new RecordingLogger();
  readonly #stop = new AbortController();

  private constructor(
    readonly emulator: Emulator,
    readonly access: ListedAccess,
  ) {
    this.api = new RestGoogleApi({ endpoint: emulator.url, access, logger: this.log });
  }

  static async start(options: EmulatorOptions = {}, access = new ListedAccess()): Promise<GoogleFixture> {
    const emulator = await Emulator.start({
      tokens: [canary],
      paceMilliseconds: 5,
      flushMilliseconds: 20,
      ...options,
    });
    return new GoogleFixture(emulator, access);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** How often a call came in. */
  calls(name: string): number {
    return this.emulator.server.counts.get(name) ?? 0;
  }

  /** Calls since this was made. */
  counting(name: string): () => number {
    const before = this.calls(name);
    return () => this.calls(name) - before;
  }

  faults(...rules: FaultRule[]): void {
    this.emulator.faults.add({ rules });
  }

  /** A cluster that runs. */
  async running(name: string, config: object = {}): Promise<void> {
    const { dataproc } = this.api;
    const begun = await dataproc.createCluster(place, { clusterName: name, config }, `create-${name}`, this.signal);
    await this.done(begun.name);
  }

  async done(operation: string): Promise<void> {
    const ended = await until(
      () => this.api.dataproc.operation(place, operation, this.signal),
      ({ done }) => done,
    );
    if (ended.error !== undefined) {
      throw ended.error;
    }
  }

  close(): Promise<void> {
    this.#stop.abort();
    return this.emulator.close();
  }
}

export async function until<T>(look: () => Promise<T> | T, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (wanted(value)) {
      return value;
    }
    await new Promise((wake) => setTimeout(wake, 5));
  }
}

/** What a call rejects with. */
export async function rejection(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) {
      return error;
    }
  }
  throw new Error('It did not reject.');
}

export async function googleError(call: Promise<unknown>): Promise<GoogleError> {
  const error = await rejection(call);
  if (!(error instanceof GoogleError)) {
    throw error;
  }
  return error;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}
