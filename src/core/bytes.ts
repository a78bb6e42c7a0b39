/** As Dask reads them (`dask.utils.parse_bytes`): `GB` is 10⁹, `GiB` and `Gi` are 2³⁰, `G` is 10⁹. */
const prefixes = ['', 'k', 'm', 'g', 't', 'p'];

/** Bytes of `4GiB`, `500 MB`, `1.5e9` or `512`; undefined where it is not a size. Upper and lower case are the same. */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([kmgtp]?)(i?)(b?)\s*$/i.exec(text);
  if (!match) {
    return undefined;
  }
  const [, count = '', prefix = '', binary = ''] = match;
  if (binary !== '' && prefix === '') {
    return undefined;
  }
  const bytes = Number(count) * (binary === '' ? 1000 : 1024) ** prefixes.indexOf(prefix.toLowerCase());
  return Number.isFinite(bytes) ? Math.floor(bytes) : undefined;
}

/** In powers of 1024 as Dask writes it (`dask.utils.format_bytes`): `512 B`, `3.50 MiB`, `12.00 GiB`. */
export function formatBytes(bytes: number): string {
  for (let power = 5; power > 0; power--) {
    const unit = 1024 ** power;
    // Dask changes to the next unit at nine tenths of it.
    if (bytes >= unit * 0.9) {
      return `${(bytes / unit).toFixed(2)} ${(prefixes[power] ?? '').toUpperCase().replace('K', 'k')}iB`;
    }
  }
  return `${Math.round(bytes)} B`;
}
