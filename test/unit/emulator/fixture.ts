import { Emulator, type EmulatorOptions } from '../../emulator/emulator';
import type { Json } from '../../emulator/json';

export const region = 'projects/p1/regions/us-central1';
export const clusters = `/v1/${region}/clusters`;
export const jobs = `/v1/${region}/jobs`;

export interface Reply {
  status: number;
  body: Json;
}

export interface Cluster extends Json {
  clusterName: string;
  clusterUuid: string;
  status: { state: string; detail?: string };
  statusHistory: { state: string }[];
  labels: Record<string, string>;
  config: Record<string, Json>;
}

export interface Job extends Json {
  reference: { jobId: string };
  status: { state: string; details?: string };
  statusHistory: { state: string; details?: string }[];
  driverOutputResourceUri: string;
}

export interface Operation extends Json {
  name: string;
  done?: boolean;
  metadata: Json & { status: { state: string }; statusHistory: { state: string }[]; warnings?: string[] };
  error?: { code: number; message: string; details?: Json[] };
  response?: Json;
}

/** An emulator in this process, driven over HTTP. */
export class EmulatorFixture {
  private constructor(readonly emulator: Emulator) {}

  static async start(options: EmulatorOptions = {}): Promise<EmulatorFixture> {
    return new EmulatorFixture(
      await Emulator.start({ anonymous: true, paceMilliseconds: 5, flushMilliseconds: 20, ...options }),
    );
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    const response = await fetch(this.emulator.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
  }

  async get<Type extends Json = Json>(path: string): Promise<Type> {
    const { status, body } = await this.call('GET', path);
    if (status !== 200) {
      throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    }
    return body as Type;
  }

  /** Resolves with the operation once it is done. */
  async operation(reply: Reply): Promise<Operation> {
    if (reply.status !== 200) {
      throw new Error(JSON.stringify(reply.body));
    }
    const { name } = reply.body as Operation;
    return this.until(
      () => this.get<Operation>(`/v1/${name}`),
      ({ done }) => done === true,
    );
  }

  create(clusterName: string, config: Json = {}, more: Json = {}, query = ''): Promise<Reply> {
    return this.call('POST', clusters + query, { projectId: 'p1', clusterName, config, ...more });
  }

  /** A cluster that runs. */
  async running(clusterName: string, config: Json = {}, more: Json = {}): Promise<Cluster> {
    const { error } = await this.operation(await this.create(clusterName, config, more));
    if (error !== undefined) {
      throw new Error(error.message);
    }
    return this.get<Cluster>(`${clusters}/${clusterName}`);
  }

  /** Puts a text into a bucket, which is made for it. Resolves with its `gs://` address. */
  async upload(bucket: string, name: string, text: string): Promise<string> {
    this.emulator.store.addBucket(bucket, 'p1', 'us-central1');
    await this.emulator.store.put(bucket, name, text);
    return `gs://${bucket}/${name}`;
  }

  /** Submits a Python driver. */
  async submit(clusterName: string, script: string, more: Json = {}, query = ''): Promise<Reply> {
    const mainPythonFileUri = await this.upload('code', `${Math.random()}/main.py`, script);
    const job = { placement: { clusterName }, pysparkJob: { mainPythonFileUri, properties: python }, ...more };
    return this.call('POST', `${jobs}:submit${query}`, { projectId: 'p1', job });
  }

  ended(id: string): Promise<Job> {
    return this.until(
      () => this.get<Job>(`${jobs}/${id}`),
      ({ done }) => done === true,
    );
  }

  /** All of a job's output, put together by the rules of its chunks: an empty one ends it. */
  async output({ driverOutputResourceUri }: Job): Promise<{ text: string; sizes: number[] }> {
    const [, bucket = '', prefix = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(driverOutputResourceUri) ?? [];
    const sizes: number[] = [];
    let text = '';
    for (let index = 0; ; index++) {
      const name = encodeURIComponent(`${prefix}.${String(index).padStart(9, '0')}`);
      const response = await fetch(`${this.emulator.url}/storage/v1/b/${bucket}/o/${name}?alt=media`);
      const chunk = await response.text();
      if (!response.ok) {
        throw new Error(`chunk ${index}: ${chunk}`);
      }
      sizes.push(Number(response.headers.get('content-length')));
      text += chunk;
      if (chunk === '') {
        return { text, sizes };
      }
    }
  }

  async until<Type>(look: () => Promise<Type> | Type, wanted: (value: Type) => boolean): Promise<Type> {
    for (;;) {
      const value = await look();
      if (wanted(value)) {
        return value;
      }
      await new Promise((wake) => setTimeout(wake, 10));
    }
  }

  faults(script: Json): Promise<Reply> {
    return this.call('POST', '/_emulator/faults', script);
  }

  jump(seconds: number): Promise<Reply> {
    return this.call('POST', '/_emulator/clock', { jumpSeconds: seconds });
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}

export const python = { 'spark.pyspark.driver.python': process.env['DASK_TEST_PYTHON'] ?? 'python3' };
