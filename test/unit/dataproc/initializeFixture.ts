import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { zipSync } from 'fflate';
import type { EmulatorOptions } from '../../emulator/emulator';
import { valueAt, type Json } from '../../emulator/json';
import { clusters, EmulatorFixture, type Cluster } from '../emulator/fixture';

export const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';
/** Of the dashboard; nothing prints it. */
export const secret = 'c0ffee5ec4e7';
export const product = resolve('python/dask_runner/dataproc');

/** Stands for the cluster process: what it does with the cluster's folder, and a dashboard of one page. */
const stub = `
import fcntl, http.server, json, os, pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("--folder") + 1])
lock = open(folder / "lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    sys.exit(0)
spec = json.loads((folder / "spec.json").read_text())
print("begins with", spec["httpSecret"], flush=True)
def say(**state):
    (folder / "state.tmp").write_text(json.dumps({"pid": os.getpid(), **state}, indent=1))
    (folder / "state.tmp").rename(folder / "state.json")
if spec.get("name") == "failing":
    say(state="failed", stage="scheduler", error={"code": "noYarn", "message": "YARN does not answer."})
    sys.exit(1)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"path": self.path, "home": os.environ.get("DASK_RUNNER_HOME")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
server = http.server.ThreadingHTTPServer((os.environ["DASK_YARN__HOST"], 8787), Page)
say(state="running", stage="ready")
server.serve_forever()
`;

/** What a driver's entry is: prints what it was called with. */
const stubJob = `
import os, sys
def main():
    print("job", *sys.argv[1:], os.environ["DASK_RUNNER_HOME"], sys.executable)
`;

export interface Made {
  /** Of the operation. */
  error: string | undefined;
  cluster: Cluster;
}

/** An emulator with our initialization action in a bucket, and what it needs there. */
export class InitializeFixture {
  private constructor(
    readonly emulator: EmulatorFixture,
    readonly folder: string,
    readonly script: string,
    readonly runnerPackage: string,
  ) {}

  static async start(options: EmulatorOptions = {}): Promise<InitializeFixture> {
    const emulator = await EmulatorFixture.start(options);
    const folder = await mkdtemp(join(tmpdir(), 'dask-initialize-'));
    const script = await emulator.upload('s', 'initialize.sh', await readFile(join(product, 'initialize.sh'), 'utf8'));
    const files: Record<string, Uint8Array> = {
      'dask_runner/__init__.py': Buffer.from(''),
      'dask_runner/__main__.py': Buffer.from(stub),
      'dask_runner/cloud/job.py': Buffer.from(stubJob),
    };
    for (const file of await readdir(product, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) {
        const path = join(file.parentPath, file.name);
        files[`dask_runner/dataproc${path.slice(product.length)}`] = await readFile(path);
      }
    }
    const fixture = new InitializeFixture(emulator, folder, script, '');
    const uri = await fixture.put('runner', '.zip', zipSync(files));
    return new InitializeFixture(emulator, folder, script, uri);
  }

  /** Uploads by content: `gs://s/KIND/SHA256…`. */
  async put(kind: string, suffix: string, content: string | Uint8Array): Promise<string> {
    const name = `${kind}/${createHash('sha256').update(content).digest('hex')}${suffix}`;
    this.emulator.emulator.store.addBucket('s', 'p1', 'us-central1');
    await this.emulator.emulator.store.put('s', name, Buffer.from(content));
    return `gs://s/${name}`;
  }

  /** An environment whose Python is the one of the tests. */
  async prebuilt(): Promise<string> {
    const wrapper = `#!/bin/sh\nexec ${python} "$@"\n`;
    return this.archive('environment', { 'bin/python': wrapper });
  }

  /** A `.tar.gz` of files. */
  async archive(name: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
    const folder = join(this.folder, `${name}-files`);
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), content);
      await chmod(join(folder, file), 0o755);
    }
    const file = join(this.folder, `${name}.tar.gz`);
    const packed = spawnSync('tar', ['-czf', file, '-C', folder, '.'], { encoding: 'utf8' });
    assert.equal(packed.status, 0, packed.stderr);
    return this.put('environments', `/${name}.tar.gz`, await readFile(file));
  }

  spec(more: Json = {}): string {
    return JSON.stringify({ version: 1, id: 'c', name: 'c', kind: 'yarn', httpSecret: secret, ...more });
  }

  /** A master alone, unless `config` says more. Actions in `before` and `after` are scripts that run beside ours. */
  async make(
    clusterName: string,
    metadata: Readonly<Record<string, string>>,
    { config = {}, before = [], after = [] }: { config?: Json; before?: string[]; after?: string[] } = {},
  ): Promise<Made> {
    const action = async (text: string) => ({
      executableFile: await this.put('actions', '.sh', `#!/bin/bash\n${text}\n`),
    });
    const properties = { 'spark-env:DASK_RUNNER_HOME': '/opt/dask-runner' };
    const single = { 'dataproc:dataproc.allow.zero.workers': 'true' };
    const reply = await this.emulator.create(clusterName, {
      gceClusterConfig: {
        metadata: { 'dask-runner-package': this.runnerPackage, 'dask-runner-spec': this.spec(), ...metadata },
      },
      endpointConfig: { enableHttpPortAccess: true },
      softwareConfig: { properties: 'workerConfig' in config ? properties : { ...properties, ...single } },
      initializationActions: [
        ...(await Promise.all(before.map(action))),
        { executableFile: this.script, executionTimeout: '1200s' },
        ...(await Promise.all(after.map(action))),
      ],
      ...config,
    });
    const { error } = await this.emulator.operation(reply);
    return {
      error: error?.message,
      cluster: await this.emulator.get<Cluster>(`${clusters}/${clusterName}`),
    };
  }

  /** What an action printed on a machine. */
  async output({ config, clusterUuid }: Cluster, machine: string, index = 0): Promise<string> {
    const name = `google-cloud-dataproc-metainfo/${clusterUuid}/${machine}/dataproc-initialization-script-${index}_output`;
    const { store } = this.emulator.emulator;
    const object = store.object(String(valueAt(config, 'configBucket')), name);
    return object === undefined ? '' : (await store.read(object)).toString();
  }

  async close(): Promise<void> {
    await this.emulator.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The lines in which the action says what it does. */
export function steps(output: string): string[] {
  return output.split('\n').flatMap((line) => /^dask-runner: (.*)$/.exec(line)?.[1] ?? []);
}
