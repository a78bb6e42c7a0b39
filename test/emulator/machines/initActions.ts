import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock';
import type { Faults } from '../faults';
import { ApiError } from '../http/apiError';
import type { LogStore } from '../logging/logStore';
import type { BucketStore } from '../storage/bucketStore';
import type { ClusterSite, RunningMachine } from './clusterMachines';
import { LineSplitter } from './lineSplitter';
import { onMachine } from './machinePaths';
import { ProcessGroup } from './processGroup';

export interface InitParts {
  readonly store: BucketStore;
  readonly logs: LogStore;
  readonly faults: Faults;
  readonly clock: Clock;
}

/** Runs the initialization actions of a machine, one after the other. Throws what the operation then fails with. */
export async function runInitActions(
  parts: InitParts,
  site: ClusterSite,
  machine: RunningMachine,
  environment: Readonly<Record<string, string | undefined>>,
  onStart: (process: ProcessGroup) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [index, action] of site.initializationActions.entries()) {
    signal.throwIfAborted();
    await runAction(
      parts,
      site,
      machine,
      environment,
      onStart,
      index,
      action.executableFile,
      action.timeoutMilliseconds,
    );
  }
}

async function runAction(
  { store, logs, faults, clock }: InitParts,
  site: ClusterSite,
  machine: RunningMachine,
  environment: Readonly<Record<string, string | undefined>>,
  onStart: (process: ProcessGroup) => void,
  index: number,
  uri: string,
  timeout: number,
): Promise<void> {
  const folder = join(machine.folder, 'init', String(index));
  await mkdir(folder, { recursive: true });
  const script = join(folder, 'script');
  const text = (await readUri(store, uri)).toString('utf8');
  await writeFile(script, onMachine(forThisMachine(text, environment), machine.folder));
  await chmod(script, 0o755);
  const failure = faults.takeInitFailure(machine.name, index);
  const failing = failure === undefined ? {} : await failingAt(folder, script, failure.line, failure.exitCode ?? 1);

  const name = `dataproc-initialization-script-${index}`;
  const output: Buffer[] = [];
  const lines = new LineSplitter((message) =>
    logs.write({
      logName: `projects/${site.projectId}/logs/google.dataproc.startup`,
      resource: clusterResource(site),
      labels: { 'compute.googleapis.com/resource_name': machine.name },
      severity: 'INFO',
      jsonPayload: { message, filename: `${name}_output`, class: name },
    }),
  );
  const command = [...(failure === undefined ? interpreterOf(text) : ['/bin/bash']), script];
  const process = new ProcessGroup(command, {
    cwd: folder,
    env: { ...environment, ...failing },
    onOutput: (bytes) => {
      output.push(bytes);
      lines.write(bytes);
    },
  });
  onStart(process);
  const timeouts: string[] = [];
  const alarm = clock.at(clock.now() + timeout, () => {
    timeouts.push(uri);
    process.kill();
  });
  const { exitCode, error } = await process.ended;
  alarm.dispose();
  lines.end();
  const object = `google-cloud-dataproc-metainfo/${site.clusterUuid}/${machine.name}/${name}_output`;
  await store.put(site.configBucket, object, Buffer.concat([...output, Buffer.from(error ?? '')]), {
    contentType: 'text/plain',
  });
  if (exitCode !== 0) {
    const what = timeouts.length > 0 ? 'timed out' : 'failed';
    throw new ApiError(
      'INTERNAL',
      `Initialization action ${what}. Failed action '${uri}', see output in: gs://${site.configBucket}/${object}`,
    );
  }
}

/**
 * The interpreter that the first line of a script names, which the kernel would start. It is started here instead: a
 * script that has just been written is "busy" to the kernel for as long as another process, forked meanwhile, has not
 * yet closed the file that was open for writing.
 */
function interpreterOf(text: string): string[] {
  const [, interpreter, argument] = /^#!\s*(\S+)(?:[ \t]+([^\n]*\S))?/.exec(text) ?? [];
  return interpreter === undefined ? ['/bin/bash'] : [interpreter, ...(argument === undefined ? [] : [argument])];
}

/** The content of a `gs://` object. Throws as the service does for one that is not there. */
export async function readUri(store: BucketStore, uri: string): Promise<Buffer> {
  const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  const object = store.object(bucket, name);
  if (object === undefined) {
    throw new ApiError('NOT_FOUND', `File not found: ${uri}`);
  }
  return store.read(object);
}

export function clusterResource(site: ClusterSite): { type: string; labels: Record<string, string> } {
  return {
    type: 'cloud_dataproc_cluster',
    labels: {
      project_id: site.projectId,
      region: site.region,
      cluster_name: site.clusterName,
      cluster_uuid: site.clusterUuid,
    },
  };
}

/** Paths and hosts that every real machine has, and this one has not. */
function forThisMachine(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text
    .replaceAll('/usr/share/google/get_metadata_value', 'get_metadata_value')
    .replaceAll('metadata.google.internal', environment['GCE_METADATA_HOST'] ?? '');
}

/** Has bash end a script before it runs the command that begins at a line. */
async function failingAt(
  folder: string,
  script: string,
  line: number,
  exitCode: number,
): Promise<Record<string, string>> {
  const file = join(folder, 'fault');
  const message = `${script}: line ${line}: ended by a fault of the emulator`;
  await writeFile(
    file,
    `set -o functrace
trap 'if [[ \${BASH_SOURCE[0]} == "${script}" && $LINENO -eq ${line} ]]; then echo "${message}" >&2; exit ${exitCode}; fi' DEBUG
`,
  );
  return { BASH_ENV: file };
}
