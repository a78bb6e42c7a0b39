import type { InterpreterInfo } from './interpreter';

const dask = '2026.8.0';
/** Clusters refuse an older one: `OLDEST` of python/dask_runner/cluster/versions.py. */
const oldestDask = '2024.4.0';
const bokeh = '3.9.2';
const cryptography = '50.0.2';

/**
 * What a managed environment holds, pinned to versions that have wheels for that Python:
 * NumPy, pandas and pyarrow ended their support of 3.10 with the versions below.
 * @param version such as `3.11.7`; 3.10 or newer
 */
export function managedRequirements(version: string): string[] {
  const data = version.startsWith('3.10.')
    ? ['numpy==2.2.6', 'pandas==2.3.3', 'pyarrow==25.0.1']
    : ['numpy==2.4.6', 'pandas==3.1.1', 'pyarrow==26.0.1'];
  return [`dask[distributed]==${dask}`, `bokeh==${bokeh}`, `cryptography==${cryptography}`, ...data];
}

/** What an environment of the user's still needs: nothing that it has is replaced, but a Dask that clusters refuse. */
export function missingRequirements(info: InterpreterInfo): string[] {
  const wanted: string[] = [];
  const tooOld = isOlder(info.dask) && isOlder(info.distributed);
  const present = tooOld ? undefined : (info.dask ?? info.distributed);
  if (tooOld) {
    wanted.push(`dask[distributed]==${dask}`);
  } else if (info.dask === undefined || info.distributed === undefined) {
    // The two are released together, and only equal versions fit.
    wanted.push(`dask[distributed]==${present ?? dask}`);
  }
  if (info.bokeh === undefined) {
    // The range that Dask's own `diagnostics` extra gives, where that Dask was here before.
    wanted.push(present === undefined ? `bokeh==${bokeh}` : 'bokeh>=3.1.0');
  }
  if (info.cryptography === undefined) {
    wanted.push(`cryptography==${cryptography}`);
  }
  return wanted;
}

/** False where there is none, or its version cannot be read. */
function isOlder(version: string | undefined): boolean {
  const [given = [], oldest = []] = [version ?? '', oldestDask].map((text) =>
    (text.match(/\d+/g) ?? []).slice(0, 3).map(Number),
  );
  const at = oldest.findIndex((number, index) => number !== (given[index] ?? 0));
  return given.length > 0 && at !== -1 && (given[at] ?? 0) < (oldest[at] ?? 0);
}
