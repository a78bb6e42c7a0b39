// Bundles what ships into dist/: the extension, and the panel's browser side.
// node esbuild.mjs [--production] [--watch]
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { dist, root } from './scripts/setup/paths.mjs';
import { writeNotices } from './scripts/build/notices.mjs';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

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
    entryPoints: { extension: 'src/extension.ts' },
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    // VS Code 1.110 has Node 22.
    target: 'node22',
    external: ['vscode'],
    // Optional native helpers of ws: it does without them.
    define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
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

await rm(dist, { recursive: true, force: true });
const present = builds.filter(({ entryPoints }) => {
  const missing = Object.values(entryPoints).filter((entry) => !existsSync(path.join(root, entry)));
  missing.forEach((entry) => console.error(`${entry} does not exist.`));
  process.exitCode = missing.length > 0 ? 1 : process.exitCode;
  return missing.length === 0;
});

if (watch) {
  const report = {
    name: 'report',
    setup(build) {
      // The two lines that the problem matcher in .vscode/tasks.json waits for.
      build.onStart(() => console.log('[watch] build started'));
      build.onEnd(() => console.log('[watch] build finished'));
    },
  };
  for (const options of present) {
    await (await esbuild.context({ ...options, plugins: [report] })).watch();
  }
} else {
  const metafiles = [];
  for (const options of present) {
    const { metafile } = await esbuild.build(options);
    metafiles.push(metafile);
    for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
      if (!file.endsWith('.map')) {
        console.log(`${file}  ${(bytes / 1024).toFixed(1)} KB`);
      }
    }
  }
  await writeNotices(metafiles, path.join(dist, 'ThirdPartyNotices.txt'));
}
await codicons();

/** The codicon font, for a panel whose style sheet does not import it. */
async function codicons() {
  const from = path.join(root, 'node_modules', '@vscode', 'codicons', 'dist');
  const to = path.join(dist, 'webview');
  await mkdir(to, { recursive: true });
  for (const name of ['codicon.css', 'codicon.ttf']) {
    if (!(await stat(path.join(to, name)).catch(() => undefined))) {
      await copyFile(path.join(from, name), path.join(to, name));
    }
  }
}
