import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const topology = 'etc/knox/conf/topologies/default.xml';
const services = 'usr/lib/knox/data/services';
/** What `systemctl restart knox` of `systemctl.py` copies both to. */
const loaded = 'run/knox';

/** The master's side of Component Gateway, as it is before an initialization action adds to it. */
export async function writeKnox(folder: string): Promise<void> {
  await mkdir(join(folder, services), { recursive: true });
  await mkdir(join(folder, topology, '..'), { recursive: true });
  await writeFile(
    join(folder, topology),
    `<?xml version="1.0" encoding="UTF-8"?>
<topology>
  <gateway>
    <provider><role>authentication</role><name>Anonymous</name><enabled>true</enabled></provider>
  </gateway>
  <service><role>YARNUI</role><url>http://localhost:8088</url></service>
</topology>
`,
    { flag: 'wx' },
  ).catch(() => undefined);
}

/**
 * Where Knox sends `/gateway/default/dask/**`: as its topology and its service definitions said when it was last started.
 * Undefined when either knows nothing of Dask.
 */
export async function daskRoute(folder: string, websocket: boolean): Promise<string | undefined> {
  const name = websocket ? 'daskws' : 'dask';
  const role = name.toUpperCase();
  const read = (file: string) => readFile(join(folder, loaded, file), 'utf8').catch(() => '');
  const [text, definition, rules] = await Promise.all([
    read('default.xml'),
    read(`services/${name}/1.0.0/service.xml`),
    read(`services/${name}/1.0.0/rewrite.xml`),
  ]);
  const [, url] = new RegExp(`<role>${role}</role>\\s*<url>([^<]+)</url>`).exec(text) ?? [];
  const route = websocket ? '/dask/**/ws' : '/dask/**';
  const isRouted = definition.includes(`role="${role}"`) && definition.includes(`path="${route}"`);
  return isRouted && rules.includes(`{$serviceUrl[${role}]}`) ? url?.replace(/^ws:/, 'http:') : undefined;
}
