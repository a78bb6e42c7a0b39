import { mkdir, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { isJson, textOf } from '../json';
import type { BucketStore } from '../storage/bucketStore';
import type { ClusterSite, DriverOrder } from './clusterMachines';
import { readUri } from './initActions';
import { onMachine } from './machinePaths';

export interface DriverCommand {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What a cluster's properties put into spark-env.sh, which spark-submit reads. */
function sparkEnvironment({ properties }: ClusterSite, disk: string): Record<string, string> {
  const prefix = 'spark-env:';
  const own = Object.entries(properties).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), onMachine(value, disk)]));
}

const interpreters = ['spark.pyspark.driver.python', 'spark.pyspark.python'];

/**
 * What runs for a job, with its files in `folder` of the machine with the folder `disk`. Throws for kinds of jobs that the machines cannot run.
 * The interpreter is found as spark-submit finds it.
 */
export async function driverCommand(
  store: BucketStore,
  site: ClusterSite,
  { job }: DriverOrder,
  folder: string,
  disk: string,
): Promise<DriverCommand> {
  await mkdir(folder, { recursive: true });
  const fetch = async (uri: string) => {
    if (uri.startsWith('file://')) {
      return onMachine(decodeURIComponent(new URL(uri).pathname), disk);
    }
    const file = join(folder, basename(uri.split('#')[0] ?? uri));
    await writeFile(file, await readUri(store, uri.split('#')[0] ?? uri));
    return file;
  };
  const { pysparkJob, pigJob } = job;
  if (isJson(pysparkJob)) {
    const texts = (name: string) => (pysparkJob[name] ?? []) as string[];
    const main = await fetch(textOf(pysparkJob, 'mainPythonFileUri'));
    const modules = [];
    for (const uri of texts('pythonFileUris')) {
      modules.push(await fetch(uri));
    }
    for (const uri of [...texts('fileUris'), ...texts('archiveUris'), ...texts('jarFileUris')]) {
      await fetch(uri);
    }
    const own = (pysparkJob['properties'] ?? {}) as Record<string, string>;
    const python = interpreters
      .map((name) => own[name] ?? site.properties[`spark:${name}`])
      .concat(site.properties['spark-env:PYSPARK_DRIVER_PYTHON'], site.properties['spark-env:PYSPARK_PYTHON'])
      .find((value) => value !== undefined && value !== '');
    const variables = sparkEnvironment(site, disk);
    // Python files are importable by their folder, archives by themselves.
    const importable = [folder, ...modules.filter((file) => !file.endsWith('.py')), variables['PYTHONPATH'] ?? ''];
    return {
      command: [onMachine(python ?? 'python3', disk), main, ...texts('args')],
      environment: {
        ...variables,
        PYTHONPATH: importable.filter((part) => part !== '').join(delimiter),
        PYTHONUNBUFFERED: 'YES',
      },
    };
  }
  if (isJson(pigJob)) {
    const list = isJson(pigJob['queryList']) ? ((pigJob['queryList']['queries'] ?? []) as string[]) : [];
    const text = list.length > 0 ? list.join('\n') : (await readUri(store, textOf(pigJob, 'queryFileUri'))).toString();
    const script = onMachine(text, disk).replace(/^\s*(?:sh|fs)\s+(.*?);?\s*$/gm, '$1');
    return { command: ['/bin/bash', '-ec', script], environment: {} };
  }
  const kind = Object.keys(job).find((name) => name.endsWith('Job')) ?? 'unknown';
  throw new Error(`The emulator's machines run pysparkJob and pigJob (sh lines), and no ${kind}.`);
}
