// npm run generate: writes the settings of package.json and docs/profiles.md from the table in src/core/profileFields.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { profilesPage } from './build/profilesPage.mjs';
import { ensureModules } from './setup/modules.mjs';
import { main } from './setup/setupError.mjs';

await main(async () => {
  await ensureModules();
  const [{ build }, { default: prettier }] = await Promise.all([import('esbuild'), import('prettier')]);
  const { outputFiles } = await build({
    stdin: {
      contents: `export { profilesSchema } from './src/core/profileSchema'; export { profileFields } from './src/core/profileFields'; export { settingDefaults } from './src/contributions';`,
      resolveDir: new URL('..', import.meta.url).pathname,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  const source = outputFiles[0].text;
  const { profilesSchema, profileFields, settingDefaults } = await import(
    `data:text/javascript,${encodeURIComponent(source)}`
  );

  const file = new URL('../package.json', import.meta.url);
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.contributes.configuration = {
    title: 'Dask',
    properties: {
      'dask.profiles': { order: 1, ...profilesSchema(), scope: 'resource' },
      'dask.defaultProfile': {
        type: 'string',
        scope: 'resource',
        order: 2,
        default: settingDefaults['dask.defaultProfile'],
        markdownDescription:
          'Name of the profile that **Run on Dask** uses: a key of `#dask.profiles#`, or `local`, which is always there.',
      },
      'dask.python.interpreter': {
        type: 'string',
        scope: 'resource',
        ignoreSync: true,
        order: 3,
        default: settingDefaults['dask.python.interpreter'],
        markdownDescription:
          'Absolute path of the Python interpreter for clusters and runs. `~` and `${workspaceFolder}` are replaced. When it is empty, the interpreter chosen in the Python extension is used where that is installed, and `python3` otherwise. A profile may name its own.',
      },
      'dask.python.whenDaskIsMissing': {
        type: 'string',
        scope: 'resource',
        order: 4,
        enum: ['ask', 'install', 'managedEnvironment'],
        enumDescriptions: [
          'Ask each time, and remember the answer for each interpreter.',
          'Install Dask into the environment of the interpreter.',
          'Use an environment that this extension builds beside its own files. The environment of the interpreter stays as it is.',
        ],
        default: settingDefaults['dask.python.whenDaskIsMissing'],
        description: 'What to do when Dask is not installed in the environment of the Python interpreter.',
      },
      'dask.output.markWorkers': {
        type: 'boolean',
        scope: 'resource',
        order: 5,
        default: settingDefaults['dask.output.markWorkers'],
        markdownDescription:
          "Begin each line that a task prints, logs or warns of with the name of its worker: `worker-0 | …`. For workers of a run's own, from the next run on; not on schedulers of others, nor where a profile shares workers.",
      },
      'dask.google.signIn': {
        type: 'string',
        scope: 'application',
        ignoreSync: true,
        order: 6,
        enum: ['automatic', 'applicationDefault', 'gcloud'],
        enumDescriptions: [
          'Application default credentials where there are some, and else the account of the gcloud tool.',
          'Application default credentials: a file, or the account of the machine.',
          'An account of the gcloud tool.',
        ],
        default: settingDefaults['dask.google.signIn'],
        markdownDescription:
          'Whom Google Cloud is asked as, for profiles of Dataproc. **Dask: Select Google Account…** lists what there is.',
      },
      'dask.google.account': {
        type: 'string',
        scope: 'application',
        ignoreSync: true,
        order: 7,
        default: settingDefaults['dask.google.account'],
        markdownDescription:
          "E-mail of one of gcloud's accounts (`gcloud auth list`), which is then used instead of the one that is active in gcloud. Not for `applicationDefault`.",
      },
    },
  };
  const options = (await prettier.resolveConfig(file.pathname)) ?? {};
  writeFileSync(file, await prettier.format(JSON.stringify(manifest), { ...options, filepath: 'package.json' }));

  writeFileSync(new URL('../docs/profiles.md', import.meta.url), profilesPage(profileFields));
});
