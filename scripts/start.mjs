// npm start: a real VS Code with the packaged extension, and the examples open.
import { main } from './setup/setupError.mjs';
import { ensureModules } from './setup/modules.mjs';

const usage = `Usage:
  npm start                                VS Code in the browser, with examples/ open
  npm start -- --desktop                   the same in the VS Code (code) on PATH
  npm start -- --headless FILE [args…]     run FILE on Dask without a window; ends with its exit code
  npm start -- --cloud emulator […]        with an emulated Google Cloud on this machine: runs go to Dataproc
                                           clusters on YARN; before nothing, or before --headless FILE [args…]`;

await main(async () => {
  const given = process.argv.slice(2);
  const [cloud, words] = given[0] === '--cloud' ? [given[1] ?? '', given.slice(2)] : [undefined, given];
  const [mode, ...rest] = words;
  if (mode === '--help' || mode === '-h') {
    console.log(usage);
    return 0;
  }
  const known =
    mode === undefined ||
    (mode === '--desktop' && rest.length === 0 && cloud === undefined) ||
    (mode === '--headless' && rest.length > 0);
  if (!known || (cloud !== undefined && cloud !== 'emulator')) {
    console.error(usage);
    return 2;
  }
  if (mode === '--headless') {
    // stdout is the run's alone.
    console.log = console.error;
  }
  await ensureModules();
  if (mode === '--headless') {
    const { headless } = await import('./start/headless.mjs');
    return headless(rest[0], rest.slice(1), cloud);
  }
  const { desktop, browser } = await import('./start/window.mjs');
  return mode === '--desktop' ? desktop() : browser(cloud);
});
