import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { startCloud, type StartedCloud } from '../../scripts/start/cloud.mjs';
import { required, type Editor } from '../host/support/editor';

const place = 'projects/emulated-project/regions/europe-west1';

export interface SeenCluster {
  clusterName: string;
  status: { state: string };
  config: { workerConfig?: { numInstances?: number } };
}

/** Google Cloud on this machine, as `npm start -- --cloud emulator` starts it. */
export class EmulatedCloud {
  private constructor(private readonly started: StartedCloud) {}

  static async start(): Promise<EmulatedCloud> {
    return new EmulatedCloud(await startCloud(required('DASK_TEST_PYTHON'), { askFirst: true }));
  }

  get env(): Record<string, string> {
    return this.started.env;
  }

  /** The profile of its clusters, which asks first. */
  get profile(): Record<string, unknown> {
    return this.started.settings['dask.profiles'].cloud;
  }

  stop(): Promise<void> {
    return this.started.stop();
  }

  /** All clusters that there are, as its API lists them to anybody with a token. */
  async clusters(): Promise<SeenCluster[]> {
    const { token } = await this.control<{ token: string }>('POST', 'tokens', {});
    const url = `${this.started.env.DATAPROC_EMULATOR_HOST}/v1/${place}/clusters`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return ((await answer.json()) as { clusters?: SeenCluster[] }).clusters ?? [];
  }

  /** Calls of a method so far. */
  async calls(method: string): Promise<number> {
    return (await this.control<{ calls: Record<string, number> }>('GET', '')).calls[method] ?? 0;
  }

  async fault(script: object): Promise<void> {
    await this.control('POST', 'faults', script);
  }

  async noFaults(): Promise<void> {
    await this.control('DELETE', 'faults');
  }

  async jump(seconds: number): Promise<void> {
    await this.control('POST', 'clock', { jumpSeconds: seconds });
  }

  async control<Answer>(method: string, what: string, body?: object): Promise<Answer> {
    const answer = await fetch(`${this.started.env.DATAPROC_EMULATOR_HOST}/_emulator${what && `/${what}`}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) {
      throw new Error(`${method} ${what}: ${await answer.text()}`);
    }
    return (await answer.json()) as Answer;
  }
}

/** What the extension keeps of the clusters that it asked for. */
export function cloudRecords(editor: Editor): { id: string; httpSecret: string; endReason?: string }[] {
  const folder = path.join(editor.storage, 'dataproc');
  try {
    return readdirSync(folder).map((id) => {
      const text = readFileSync(path.join(folder, id, 'cluster.json'), 'utf8');
      return JSON.parse(text) as { id: string; httpSecret: string; endReason?: string };
    });
  } catch {
    return [];
  }
}
