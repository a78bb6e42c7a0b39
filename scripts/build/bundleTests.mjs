// Compiles tests, one bundle for each file, with source maps inside.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import esbuild from 'esbuild';
import { out, root } from '../setup/paths.mjs';

/** Tests use the scripts where they are: they find the repository by their own place. */
const scriptsStayOutside = {
  name: 'scripts-stay-outside',
  setup(build) {
    build.onResolve({ filter: /\/scripts\/.*\.mjs$/ }, ({ path: file, resolveDir }) => ({
      path: path.resolve(resolveDir, file),
      external: true,
    }));
  },
};

/**
 * Tests run from the repository's root: `__dirname` is that of the bundle.
 * @param {string} level a folder of test/
 * @param {{suffix: string, exclude?: string}} options which files to compile, e.g. `.test.ts`; `exclude`: a folder to leave out
 * @returns {Promise<string[]>} absolute paths of the bundles
 */
export async function bundleTests(level, { suffix, exclude }) {
  const folder = path.join(out, level);
  await rm(folder, { recursive: true, force: true });
  const entries = await readdir(path.join(root, 'test', level), { recursive: true });
  const entryPoints = entries.filter((entry) => entry.endsWith(suffix) && entry.split(path.sep)[0] !== exclude).sort();
  if (entryPoints.length === 0) {
    return [];
  }
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: entryPoints.map((entry) => path.join('test', level, entry)),
    outdir: folder,
    outbase: path.join('test', level),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    metafile: true,
    logLevel: 'warning',
    external: ['vscode', 'mocha', 'playwright-core', 'esbuild', 'vscode-json-languageservice'],
    plugins: [scriptsStayOutside],
  });
  return Object.keys(metafile.outputs).map((file) => path.join(root, file));
}
