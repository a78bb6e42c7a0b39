import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster, DaskApi } from '../../../src/api';
import type { RunRecord } from '../../../src/core/run';
import { Editor, type EditorWindow } from '../support/editor';
import {
  buttons,
  choose,
  clearNotifications,
  dialog,
  enter,
  notification,
  notifications,
  press,
  question,
} from './asking';
import { ended, outputOf, settings, startRun, until, writeScript } from './product';

/** Ends when the file beside it appears that its argument names. */
const waiting = `
import pathlib, sys, time
print("begun", flush=True)
while not pathlib.Path(__file__).with_suffix(".go").exists():
    time.sleep(0.02)
`;

/** Prints the processes of the workers, once there are so many. */
const workers = `
import os, sys
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        client.wait_for_workers(int(os.environ["WORKERS"]), timeout=30)
        print(*sorted(client.run(os.getpid).values()))
`;

describe('a command', () => {
  let editor: Editor;
  let window: EditorWindow;

  before(async () => {
    editor = await Editor.start({ settings });
    window = await editor.openWindow();
    window.page.setDefaultTimeout(20_000);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      await editor.keepPictures('commands');
    }
    await clearNotifications(window);
  });
  after(() => editor.dispose());

  describe('that runs a file with options', () => {
    const echo = 'import os, sys\nprint(sys.argv[1:], os.environ.get("COLOUR"), os.environ.get("WORDS"))\n';

    /** The id of the run, null where it was given up. */
    const start = (file: string): Promise<string | null> =>
      window.host.call(
        async ({ vscode }, name: string) =>
          (await vscode.commands.executeCommand<string | undefined>(
            'dask.run.fileWithOptions',
            vscode.Uri.file(name),
          )) ?? null,
        file,
      );

    /** Runs the file, while `answer` answers the questions; gives the output. */
    async function runWithOptions(file: string, answer: () => Promise<void>): Promise<[RunRecord, string]> {
      const [id] = await Promise.all([start(file), answer()]);
      assert.ok(id);
      return [await ended(window.host, id), outputOf(editor, id)];
    }

    it('hands over what was answered, and offers it again for that file alone', async () => {
      const { page } = window;
      const file = writeScript(editor, 'echo.py', echo);
      const [first, text] = await runWithOptions(file, async () => {
        await choose(page, 'Run echo.py on Dask (1/3)', 'kept');
        await enter(page, '(2/3)', 'a "not closed');
        const box = await question(page, '(2/3)');
        await box.getByText('The quote " is not closed.').waitFor();
        await enter(page, '(2/3)', `a "b c" ''`);
        await enter(page, '(3/3)', `COLOUR=blau WORDS="two words"`);
      });
      assert.equal(first.request.profile, 'kept');
      assert.equal(text, "['a', 'b c', ''] blau two words\n");

      const [again, same] = await runWithOptions(file, async () => {
        const active = (await question(page, '(1/3)')).locator('.monaco-list-row.focused');
        await active.filter({ hasText: 'kept' }).click();
        assert.equal(await enter(page, '(2/3)', 'changed'), `a 'b c' ''`);
        const input = (await question(page, '(3/3)')).locator('.quick-input-box input');
        assert.equal(await input.inputValue(), `COLOUR=blau 'WORDS=two words'`);
        await input.press('Enter');
      });
      assert.equal(again.request.profile, 'kept');
      assert.equal(same, "['changed'] blau two words\n");

      const before = await runsOf(window);
      const other = writeScript(editor, 'other.py', echo);
      const [started] = await Promise.all([
        start(other),
        (async () => {
          const active = (await question(page, 'Run other.py on Dask (1/3)')).locator('.monaco-list-row.focused');
          await active.filter({ hasText: 'default' }).click();
          assert.equal(await enter(page, '(2/3)', ''), '');
          const input = (await question(page, '(3/3)')).locator('.quick-input-box input');
          assert.equal(await input.inputValue(), '');
          await input.press('Escape');
        })(),
      ]);
      assert.equal(started, null);
      assert.deepEqual(await runsOf(window), before);
    });
  });

  /** The id of the run that a command starts, null where it was given up. */
  const startedBy = (id: string, target?: Record<string, string>): Promise<string | null> =>
    window.host.call(
      async ({ vscode }, command: string, argument: Record<string, string> | null) =>
        (await vscode.commands.executeCommand<string | undefined>(command, argument ?? undefined)) ?? null,
      id,
      target ?? null,
    );

  it('runs the function at the cursor, with arguments by name', async () => {
    const { page } = window;
    mkdirSync(path.join(editor.workspace, 'src', 'jobs'), { recursive: true });
    const file = writeScript(
      editor,
      'src/jobs/days.py',
      'def other():\n    pass\n\n\ndef run(day):\n    print("day", day + 1)\n',
    );
    await window.host.call(async ({ vscode }, name: string) => {
      const selection = new vscode.Range(5, 4, 5, 4);
      await vscode.window.showTextDocument(vscode.Uri.file(name), { selection });
    }, file);
    const [id] = await Promise.all([
      startedBy('dask.run.function'),
      (async () => {
        const first = (await question(page, 'Run Function on Dask (1/4)')).locator('.quick-input-box input');
        assert.equal(await first.inputValue(), 'jobs.days:run');
        await first.press('Enter');
        await choose(page, '(2/4)', 'kept');
        await enter(page, '(3/4)', '--day 2');
        await enter(page, '(4/4)', '');
      })(),
    ]);
    assert.ok(id);
    assert.equal((await ended(window.host, id)).name, 'jobs.days:run');
    assert.equal(outputOf(editor, id), 'day 3\n');
  });

  it('runs a file of a git repository as it was at a tag, and the same again when its folder is gone', async () => {
    const { page } = window;
    const repository = path.join(editor.workspace, '..', 'repository');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=n', '-c', 'user.email=n@example.com', ...args], {
        encoding: 'utf8',
      });
    mkdirSync(path.join(repository, 'jobs'), { recursive: true });
    git('init', '-q', '-b', 'main');
    for (const version of [1, 2]) {
      writeFileSync(path.join(repository, 'helper.py'), `version = ${version}\n`);
      writeFileSync(
        path.join(repository, 'jobs', 'etl.py'),
        'import sys\nprint(open("../helper.py").read(), sys.argv[1:])\n',
      );
      git('add', '-A');
      git('commit', '-qm', 'c');
      git('tag', `v${version}`);
    }
    const [id] = await Promise.all([
      startedBy('dask.run.fromGit'),
      (async () => {
        await enter(page, 'Run from Git on Dask (1/2)', '../jobs');
        await (await question(page, '(1/2)')).getByText('Give the whole path of the repository.').waitFor();
        await enter(page, '(1/2)', repository);
        await enter(page, '(2/2)', 'v1');
        await choose(page, '(1/4)', 'jobs/etl.py');
        await choose(page, '(2/4)', 'kept');
        await enter(page, '(3/4)', 'a');
        await enter(page, '(4/4)', '');
      })(),
    ]);
    assert.ok(id);
    const { name, request } = await ended(window.host, id);
    const commit = git('rev-parse', 'v1').trim();
    assert.equal(name, `etl.py @ ${commit.slice(0, 7)}`);
    assert.equal(outputOf(editor, id), "version = 1\n ['a']\n");
    assert.ok(request.origin);
    rmSync(request.origin.folder, { recursive: true });
    const again = await startedBy('dask.run.rerun', { runId: id });
    assert.ok(again);
    await ended(window.host, again);
    assert.equal(outputOf(editor, again), "version = 1\n ['a']\n");
    const missing = await startedBy('dask.run.fromGit', { repository, ref: 'v3', run: 'jobs/etl.py' });
    assert.equal(missing, null);
    await notification(window, /"v3" of .* could not be fetched\. It has no such branch, tag or commit\./);
  });

  describe('on a run that is over', () => {
    let run: RunRecord;

    before(async () => {
      const text =
        'from dask.distributed import Client\nif __name__ == "__main__":\n    print(Client().submit(sum, [1, 2]).result())\n';
      run = await ended(window.host, await runByApi(window, writeScript(editor, 'over.py', text), 'kept', {}));
    });

    it('offers the files of its folder, and opens them', async () => {
      await Promise.all([
        execute(window, 'dask.run.openFolder', { runId: run.id }),
        choose(window.page, 'Files of over.py', 'output.log'),
      ]);
      await until('the file to open', async () => (await activeFileOf(window)) === path.join(run.folder, 'output.log'));
      await window.page.locator('.editor-instance .view-line', { hasText: /^3$/ }).waitFor();
    });

    it('shows its performance report', async () => {
      await execute(window, 'dask.run.openReport', { runId: run.id });
      await window.page.locator('.tab.active', { hasText: 'Report: over.py' }).waitFor();
      await until('the report to draw', async () => {
        const drawn = window.page.frames().map(async (frame) => (await frame.title()) === 'Dask Performance Report');
        return (await Promise.all(drawn.map((one) => one.catch(() => false)))).includes(true);
      });
    });

    it('deletes it with its folder only when that is confirmed, and leaves the file that it ran', async () => {
      const ask = (): Promise<boolean> => execute(window, 'dask.run.delete', { runId: run.id });
      const cancel = async (): Promise<void> => {
        const asked = await dialog(window.page);
        assert.match(asked.text, /Delete the run of over\.py\?[^]*output[^]*performance report/);
        await asked.press('Cancel');
      };
      await Promise.all([ask(), cancel()]);
      assert.ok(existsSync(path.join(run.folder, 'output.log')));
      assert.ok((await runsOf(window)).includes(run.id));

      await Promise.all([ask(), dialog(window.page).then((asked) => asked.press('Delete Run'))]);
      await until('the run to go', async () => !(await runsOf(window)).includes(run.id));
      assert.ok(!existsSync(run.folder));
      assert.ok(existsSync(path.join(editor.workspace, 'over.py')));
    });
  });

  describe('that runs a file', () => {
    before(() => setting(window, 'dask.defaultProfile', 'kept'));

    /** A run whose script has begun, and whose panel is in view. */
    async function begun(name: string, text: string): Promise<string> {
      await hidePanels(window, path.join(editor.workspace, 'futures.py'));
      const id = await startRun(window.host, writeScript(editor, name, text));
      await until('the script to begin', () => outputOf(editor, id).includes('begun'));
      await until('the panel', () => panelIsVisible(window));
      return id;
    }

    const letGo = (name: string): void => writeFileSync(path.join(editor.workspace, name), '');

    it('tells of the end where its panel is out of view, and only there', async () => {
      const seen = await begun('seen.py', waiting);
      letGo('seen.go');
      assert.equal((await ended(window.host, seen)).state, 'succeeded');

      const unseen = await begun('unseen.py', waiting);
      await hidePanels(window, path.join(editor.workspace, 'futures.py'));
      letGo('unseen.go');
      const told = await notification(window, /unseen\.py succeeded after/);
      assert.deepEqual(await buttons(told), ['Show Log']);

      const failing = await begun('failing.py', `${waiting}raise KeyError("no such column")\n`);
      await hidePanels(window, path.join(editor.workspace, 'futures.py'));
      letGo('failing.go');
      const failed = await notification(window, /failing\.py failed after .*KeyError: 'no such column'/);
      await press(failed, 'Show Log');
      await until('the panel', () => panelIsVisible(window));

      await ended(window.host, unseen);
      await ended(window.host, failing);
      // By now that of the first would be there as well.
      const all = await notifications(window);
      assert.ok(!all.some((text) => text.includes('seen.py') && !text.includes('unseen.py')), all.join('\n'));
    });

    it('shows a notification while the cluster starts, whose Cancel ends the run and the cluster', async () => {
      // Python itself does not get beyond its start in the cluster's process.
      const folder = path.join(editor.home, 'held');
      mkdirSync(folder);
      writeFileSync(path.join(folder, 'sitecustomize.py'), 'import time\ntime.sleep(600)\n');
      const stuck = { ...settings['dask.profiles'].test, environment: { PYTHONPATH: folder } };
      await setting(window, 'dask.profiles', { ...settings['dask.profiles'], stuck });
      await setting(window, 'dask.defaultProfile', 'stuck');
      const id = await startRun(window.host, writeScript(editor, 'never.py', 'print("never")\n'));
      await until('a process', () => processesWith(folder).length > 0);

      await press(await notification(window, /never\.py/), 'Cancel');
      const record = await ended(window.host, id);
      assert.equal(record.state, 'cancelled');
      assert.equal(outputOf(editor, id), '');
      await until('the process to end', () => processesWith(folder).length === 0);
      await until('the notification to go', async () => (await notifications(window)).length === 0);

      await execute(window, 'dask.run.openReport', { runId: id });
      const item = await notification(window, /never\.py has no performance report\. .*whose script has begun/);
      assert.deepEqual(await buttons(item), ['Show Log']);
    });
  });

  describe('on a cluster that is kept', () => {
    let file = '';
    const cluster = { backend: 'local', id: '' };

    /** The processes of its workers. */
    async function workerPids(count: number): Promise<string[]> {
      const id = await runByApi(window, file, 'kept', { WORKERS: String(count) });
      const record = await ended(window.host, id);
      assert.equal(record.state, 'succeeded', outputOf(editor, id));
      assert.ok(record.cluster);
      cluster.id ||= record.cluster.id;
      assert.equal(record.cluster.id, cluster.id);
      return outputOf(editor, id).trim().split(' ');
    }

    /** What was asked for. */
    async function workersOf(): Promise<Cluster['workers']> {
      return (await clustersOf(window)).find(({ id }) => id === cluster.id)?.workers;
    }

    it('changes the number of its workers, fixed and as a range, and starts them anew', async () => {
      const { page } = window;
      file = writeScript(editor, 'workers.py', workers);
      const [one, ...more] = await workerPids(1);
      assert.deepEqual(more, []);

      await Promise.all([
        execute(window, 'dask.cluster.resize', { cluster }),
        (async () => {
          await choose(page, 'Resize kept (1/2)', 'Fixed');
          assert.equal(await enter(page, '(2/2)', '0'), '1');
          await (await question(page, '(2/2)')).getByText('A whole number from 1 to 1024 is needed.').waitFor();
          await enter(page, '(2/2)', '2');
        })(),
      ]);
      const two = await workerPids(2);
      assert.equal(two.length, 2);
      assert.ok(!two.includes(one ?? ''), 'Each run has workers of its own');
      assert.deepEqual(await workersOf(), { kind: 'fixed', count: 2 });

      await execute(window, 'dask.cluster.restartWorkers', { cluster });
      const restarted = await workerPids(2);
      assert.equal(restarted.length, 2);
      assert.ok(!restarted.some((pid) => two.includes(pid)), `${two.join(' ')} became ${restarted.join(' ')}`);

      await Promise.all([
        execute(window, 'dask.cluster.resize', { cluster }),
        (async () => {
          await choose(page, 'Resize kept (1/2)', 'Adaptive');
          await enter(page, '(2/3)', '3');
          await enter(page, '(3/3)', '4');
        })(),
      ]);
      assert.equal((await workerPids(3)).length, 3);
      assert.deepEqual(await workersOf(), { kind: 'adaptive', minimum: 3, maximum: 4 });
    });
  });
});

/** Processes that have this text in their environment. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

/** Runs a command to its end. */
function execute({ host }: EditorWindow, command: string, target: Record<string, string | Record<string, string>>) {
  return host.call(
    async ({ vscode }, id: string, argument: Record<string, string | Record<string, string>>) => {
      await vscode.commands.executeCommand(id, argument);
      return true;
    },
    command,
    target,
  );
}

function runsOf({ host }: EditorWindow): Promise<string[]> {
  return host.call(async ({ vscode }) => {
    const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
    return ((await extension?.activate()) as DaskApi).runs().map(({ id }) => id);
  });
}

function clustersOf({ host }: EditorWindow): Promise<Cluster[]> {
  return host.call(async ({ vscode }) => {
    const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
    return ((await extension?.activate()) as DaskApi).clusters();
  });
}

function runByApi({ host }: EditorWindow, file: string, profile: string, env: Record<string, string>): Promise<string> {
  return host.call(
    async ({ vscode }, name: string, options: { profile: string; env: Record<string, string> }) => {
      const extension = vscode.extensions.getExtension('daskexplorer.dask-cluster-explorer');
      const api = (await extension?.activate()) as DaskApi;
      return (await api.runFile(vscode.Uri.file(name), options)).id;
    },
    file,
    { profile, env },
  );
}

function setting({ host }: EditorWindow, name: string, value: string | Record<string, object>): Promise<boolean> {
  return host.call(
    async ({ vscode }, key: string, text: string) => {
      await vscode.workspace.getConfiguration().update(key, JSON.parse(text), vscode.ConfigurationTarget.Global);
      return true;
    },
    name,
    JSON.stringify(value),
  );
}

function activeFileOf({ host }: EditorWindow): Promise<string | null> {
  return host.call(({ vscode }) => vscode.window.activeTextEditor?.document.uri.fsPath ?? null);
}

/** Whether a panel of a cluster is in view, in whichever group. */
function panelIsVisible({ host }: EditorWindow): Promise<boolean> {
  return host.call(({ vscode }) =>
    vscode.window.tabGroups.all.some(({ activeTab }) => {
      const input = activeTab?.input;
      return input instanceof vscode.TabInputWebview && input.viewType.includes('dask.cluster');
    }),
  );
}

/** Puts a file in front of each panel. */
function hidePanels({ host }: EditorWindow, file: string): Promise<boolean> {
  return host.call(async ({ vscode }, name: string) => {
    for (const { activeTab, viewColumn } of vscode.window.tabGroups.all) {
      if (activeTab?.input instanceof vscode.TabInputWebview) {
        await vscode.window.showTextDocument(vscode.Uri.file(name), { viewColumn, preview: false });
      }
    }
    return true;
  }, file);
}
