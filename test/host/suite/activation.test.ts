import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const id = 'daskexplorer.dask-cluster-explorer';

describe('activation', () => {
  it('hands out the API', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not installed`);
    const api = (await extension.activate()) as { version: number };
    assert.equal(api.version, 1);
  });

  it('lets no workspace choose whom Google Cloud is asked as', async () => {
    const configuration = vscode.workspace.getConfiguration();
    for (const [id, value] of Object.entries({
      'dask.google.account': 'you@example.com',
      'dask.google.signIn': 'gcloud',
    })) {
      await assert.rejects(async () => configuration.update(id, value, vscode.ConfigurationTarget.Workspace), id);
      assert.equal(configuration.inspect(id)?.workspaceValue, undefined);
    }
  });

  it('has registered each command that it contributes', async () => {
    const extension = vscode.extensions.getExtension(id);
    const contributes = (extension?.packageJSON as { contributes: { commands: { command: string }[] } }).contributes;
    const known = new Set(await vscode.commands.getCommands(true));
    const missing = contributes.commands.map(({ command }) => command).filter((command) => !known.has(command));
    assert.deepEqual(missing, []);
  });
});
