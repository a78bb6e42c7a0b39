import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Makes wheels of nothing but a module with a version; the extra `distributed` of dask needs that of its own version. */
const makeWheels = `
import sys, zipfile
folder, *wheels = sys.argv[1:]
for wheel in wheels:
    name, version = wheel.split("==")
    extra = f'Provides-Extra: distributed\\nRequires-Dist: distributed=={version}; extra == "distributed"\\n'
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n" + extra * (name == "dask"),
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
`;

/** A package index on this machine, as pip and uv ask one: wheels that are importable, and hold nothing else. */
export class PackageIndex {
  /** Names of the wheels that were fetched, in order. */
  readonly fetched: string[] = [];
  /** While this is set, the index answers all with it instead. */
  broken: ((response: ServerResponse) => void) | undefined;

  private constructor(
    private readonly folder: string,
    private readonly server: Server,
  ) {}

  /** @param wheels such as `bokeh==3.9.2` */
  static async serve(python: string, folder: string, wheels: readonly string[]): Promise<PackageIndex> {
    mkdirSync(folder);
    const made = spawnSync(python, ['-c', makeWheels, folder, ...wheels], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const server = createServer((request, response) => index.#answer(request.url ?? '', response));
    const index = new PackageIndex(folder, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return index;
  }

  /** Variables that have pip and uv ask this index alone, and nothing of this user's settings. */
  get variables(): Record<string, string> {
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/simple/`;
    return {
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_CACHE_DIR: '1',
      PIP_INDEX_URL: url,
      UV_NO_CONFIG: '1',
      UV_NO_CACHE: '1',
      UV_DEFAULT_INDEX: url,
      NO_PROXY: '127.0.0.1',
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  #answer(url: string, response: ServerResponse): void {
    const [, kind, name = ''] = url.split('/');
    const wheels = readdirSync(this.folder).filter((wheel) => wheel.startsWith(`${name}-`));
    if (this.broken !== undefined) {
      this.broken(response);
    } else if (kind === 'simple' && wheels.length > 0) {
      const links = wheels.map((wheel) => `<a href="/wheels/${wheel}">${wheel}</a>`);
      response.setHeader('Content-Type', 'text/html');
      response.end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
    } else if (kind === 'wheels' && name.endsWith('.whl')) {
      this.fetched.push(name);
      response.end(readFileSync(join(this.folder, name)));
    } else {
      response.writeHead(404).end();
    }
  }
}
