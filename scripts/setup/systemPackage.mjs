// The system's package manager, where we may use it without asking for a password.
import { run, which } from './command.mjs';

/**
 * Installs a package with apt-get or dnf when this process is root, or sudo asks nothing.
 * @param {{apt?: string[], dnf?: string[]}} names
 * @returns {Promise<boolean>} false where there is no way to
 */
export async function installSystemPackage({ apt = [], dnf = [] }) {
  if (process.platform !== 'linux') {
    return false;
  }
  const prefix = await rootPrefix();
  if (prefix === undefined) {
    return false;
  }
  const command = async (...args) => {
    const [program, ...rest] = [...prefix, ...args];
    return (await run(program, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })).code === 0;
  };
  if (apt.length > 0 && which('apt-get') !== undefined) {
    console.log(`Installing ${apt.join(', ')} with apt-get`);
    const install = () => command('apt-get', 'install', '-y', '--no-install-recommends', ...apt);
    return (await install()) || ((await command('apt-get', 'update')) && (await install()));
  }
  if (dnf.length > 0 && which('dnf') !== undefined) {
    console.log(`Installing ${dnf.join(', ')} with dnf`);
    return command('dnf', 'install', '-y', ...dnf);
  }
  return false;
}

async function rootPrefix() {
  if (process.getuid?.() === 0) {
    return [];
  }
  const sudo = which('sudo');
  return sudo !== undefined && (await run(sudo, ['-n', 'true'])).code === 0 ? [sudo, '-n', '--'] : undefined;
}
