import * as vscode from 'vscode';

import { CancelledError } from '../core/errors';
import type { AddressProfile, TlsFiles } from '../core/profile';
import { withNotification } from '../host/progress';
import { askInSteps, back, inputText } from '../host/quickSteps';
import { addressHost, addressProblem } from './schedulerAddress';
import type { CommandParts } from './commandParts';

const title = 'Attach to Scheduler';

type Parts = Pick<CommandParts, 'attachments' | 'interpreters' | 'clusters' | 'state'>;

/** Lists a scheduler that somebody else runs. */
export function attachCluster(parts: Parts) {
  return async (): Promise<void> => {
    const { address, name } = await askAddress(parts.state.get('lastAddress'));
    const tls = /^(tls|wss):/.test(address) ? await askTlsFiles() : undefined;
    await withNotification(`${title} ${address}`, async (report, signal) => {
      const profile: AddressProfile = { backend: 'address', name: '', address, environment: {}, ...(tls && { tls }) };
      const interpreter = await parts.interpreters.resolve(profile, report, signal);
      report('Asking the scheduler');
      await parts.attachments.attach({ address, name, interpreter, ...(tls && { tls }) }, signal);
    });
    await parts.state.set('lastAddress', address);
    await parts.clusters.refresh();
    await vscode.commands.executeCommand('dask.clusters.focus');
  };
}

async function askAddress(last: string): Promise<{ address: string; name: string }> {
  let address = last;
  let name: string | undefined;
  await askInSteps(() => [
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: 'Address of the scheduler, as Client takes it.',
          placeholder: 'tcp://host:8786',
          value: address,
          problem: (text) => addressProblem(text.trim()),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      address = answer.trim();
      return undefined;
    },
    async (position) => {
      const answer = await inputText(
        {
          title,
          prompt: 'Name of the cluster in the view.',
          value: name ?? addressHost(address),
          problem: (text) => (text.trim() === '' ? 'A cluster needs a name.' : undefined),
        },
        position,
      );
      if (answer === back) {
        return back;
      }
      name = answer.trim();
      return undefined;
    },
  ]);
  return { address, name: name ?? addressHost(address) };
}

async function askTlsFiles(): Promise<TlsFiles> {
  return {
    ca: await askFile('Certificate of the Authority (ca)'),
    cert: await askFile('Your Certificate (cert)'),
    key: await askFile('Key of Your Certificate (key)'),
  };
}

async function askFile(what: string): Promise<string> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: `${title}: ${what}`,
      openLabel: 'Use File',
      filters: { 'PEM Files': ['pem', 'crt', 'cer', 'key'], 'All Files': ['*'] },
    })) ?? [];
  if (file === undefined) {
    throw new CancelledError();
  }
  return file.fsPath;
}
