import { readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { required } from '../host/support/editor';
import { benchmark } from './benchmark';

benchmark(() => {
  const files = [
    'dist/extension.js',
    'dist/services.js',
    'dist/onDemand.js',
    'dist/searchWorker.js',
    'dist/webview/panel.js',
    'dist/webview/panel.css',
  ];
  const kilobytes = (bytes: number): number => Math.round(bytes / 102.4) / 10;
  const bundles = files.map((file): [string, unknown] => [
    file,
    { kilobytes: kilobytes(statSync(file).size), gzipped: kilobytes(gzipSync(readFileSync(file)).length) },
  ]);
  return Promise.resolve({
    activationBundleKilobytes: kilobytes(statSync('dist/extension.js').size),
    // Loaded when a run, a view or a command needs it.
    servicesBundleKilobytes: kilobytes(statSync('dist/services.js').size),
    vsixKilobytes: kilobytes(statSync(required('DASK_TEST_VSIX')).size),
    bundles: Object.fromEntries(bundles),
    budget: { activationBundleKilobytes: 200, vsixKilobytes: 2048 },
  });
});
