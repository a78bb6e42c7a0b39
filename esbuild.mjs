// Bundles what ships into dist/: the extension, its worker threads, and the panel's browser side.
// node esbuild.mjs [--production] [--watch]
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { leanGoogle } from './scripts/build/leanGoogle.mjs';
import { writeNotices } from './scripts/build/notices.mjs';
import { dist, root } from './scripts/setup/paths.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const notices = path.join(dist, 'ThirdPartyNotices.txt');

/** @type {esbuild.BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  metafile: true,
  // All licences are in ThirdPartyNotices.txt.
  legalComments: 'none',
  logLevel: 'warning',
};

/** @type {esbuild.BuildOptions[]} */
const builds = [
  {
    ...shared,
    entryPoints: {
      extension: 'src/extension.ts',
      services: 'src/services.ts',
      onDemand: 'src/onDemand.ts',
      dataproc: 'src/dataproc.ts',
      searchWorker: 'src/panel/log/searchWorker.ts',
    },
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    // VS Code 1.110 has Node 22.
    target: 'node22',
    external: ['vscode'],
    plugins: [leanGoogle],
  },
  {
    ...shared,
    entryPoints: { panel: 'webview/panel/main.ts' },
    outdir: 'dist/webview',
    platform: 'browser',
    format: 'iife',
    target: 'chrome138',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
  },
];

if (watch) {
  const report = {
    name: 'report',
    setup(build) {
      // The two lines that the problem matcher in .vscode/tasks.json waits for.
      build.onStart(() => console.log('[watch] build started'));
      build.onEnd(() => console.log('[watch] build finished'));
    },
  };
  for (const options of builds) {
    await (await esbuild.context({ ...options, plugins: [...(options.plugins ?? []), report] })).watch();
  }
} else {
  await build();
}

async function build() {
  const metafiles = [];
  for (const options of builds) {
    try {
      metafiles.push((await esbuild.build(options)).metafile);
    } catch {
      process.exitCode = 1; // esbuild has said what is wrong, and where.
      return;
    }
  }
  const outputs = Object.assign({}, ...metafiles.map((metafile) => metafile.outputs));
  for (const [file, { bytes }] of Object.entries(outputs)) {
    if (!file.endsWith('.map')) {
      console.log(`${file}  ${(bytes / 1024).toFixed(1)} KB`);
    }
  }
  await writeNotices(metafiles, notices);
  await removeStale([...Object.keys(outputs).map((file) => path.join(root, file)), notices]);
}

/** Files of earlier builds: what is in dist/ ships. */
async function removeStale(fresh) {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (!fresh.includes(file)) {
      await rm(file);
    }
  }
}
