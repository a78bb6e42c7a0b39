import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';

/** Packages that a script imports before it can install them: itself, or by modules that it imports. */
async function importedAtOnce(script: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [script],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'nowhere',
  });
  const [seen, left] = [new Set<string>(), [script]];
  const packages = new Set<string>();
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    seen.add(file);
    for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
      if (kind !== 'import-statement') {
        continue;
      }
      if (external === true) {
        packages.add(path);
      } else if (!seen.has(path)) {
        left.push(path);
      }
    }
  }
  // A path with a pattern is that of `import()`, too.
  return [...packages].filter((name) => !name.startsWith('node:') && !name.startsWith('.'));
}

describe('Scripts of package.json', () => {
  it('do their own set-up: in a fresh clone, no package is there when they begin', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const [name, command] of Object.entries(scripts)) {
      const script = /^node (scripts\/\w+\.mjs)\b/.exec(command)?.[1];
      assert.ok(script !== undefined, `npm run ${name} is no script of ours: ${command}`);
      assert.deepEqual(await importedAtOnce(script), [], `npm run ${name}`);
      assert.match(await readFile(script, 'utf8'), /ensureModules\(\)/, `npm run ${name}`);
    }
  });
});
