import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  descendants,
  isAlive,
  Liveness,
  pidStartOf,
  spawnDetached,
  startInProcStat,
  terminateTree,
  type ProcessReader,
} from '../../../src/machine/processes';
import { pythonEnvironment } from '../../../src/machine/pythonEnvironment';

describe('processes', () => {
  const env = pythonEnvironment(process.env);

  it('tells a living process from one that has ended, and from another start', async () => {
    const child = await spawnDetached(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env });
    const pidStart = (await pidStartOf(child.pid))!;
    assert.ok(await isAlive({ pid: child.pid, pidStart }));
    assert.ok(!(await isAlive({ pid: child.pid, pidStart: `${pidStart}0` })));
    await terminateTree(child.pid, 'SIGKILL');
    assert.equal((await child.exited).signal, 'SIGKILL');
    assert.ok(!(await isAlive({ pid: child.pid, pidStart })));
    assert.equal(await pidStartOf(child.pid), undefined);
  });

  it('ends the whole tree, also a grandchild in a group of its own', async function () {
    this.timeout(10_000);
    const folder = await mkdtemp(join(tmpdir(), 'tree-'));
    const output = join(folder, 'output.log');
    const script = `
      const { spawn } = require('node:child_process');
      const idle = ['-e', 'setInterval(() => {}, 1000)'];
      const apart = spawn(process.execPath, idle, { detached: true });
      const near = spawn(process.execPath, idle);
      console.log(apart.pid + ' ' + near.pid);
      setInterval(() => {}, 1000);`;
    const child = await spawnDetached(process.execPath, ['-e', script], { env, output });
    let pids: number[] = [];
    while (pids.length < 2) {
      pids = (await readFile(output, 'utf8')).trim().split(' ').filter(Boolean).map(Number);
    }
    await terminateTree(child.pid, 'SIGKILL');
    await child.exited;
    for (const pid of pids) {
      while ((await pidStartOf(pid)) !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await rm(folder, { recursive: true });
  });

  it('rejects when the command is not there', async () => {
    await assert.rejects(spawnDetached('/no/such/python', [], { env }), { code: 'ENOENT' });
  });

  it('reads /proc/PID/stat, whatever the name of the process is', () => {
    const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
    assert.equal(startInProcStat(`12 (a) R (b) S ${fields.join(' ')}\n`), '22');
    assert.equal(startInProcStat(`12 (python) Z ${fields.join(' ')}\n`), undefined);
  });

  it('asks ps on macOS, and knows a zombie', async () => {
    const reader = (state: string): ProcessReader => ({
      readFile: () => Promise.reject(new Error('no /proc')),
      run: (command, args) => {
        assert.equal(command, 'ps');
        assert.deepEqual(args.slice(2), ['-p', '7']);
        return Promise.resolve(args[1] === 'stat=' ? state : 'Tue Nov 24 06:00:00 2026    \n');
      },
    });
    assert.equal(await pidStartOf(7, 'darwin', reader('S+\n')), 'Tue Nov 24 06:00:00 2026');
    assert.equal(await pidStartOf(7, 'darwin', reader('Z\n')), undefined);
    const failing: ProcessReader = { ...reader('S'), run: () => Promise.reject(new Error('exit 1')) };
    assert.equal(await pidStartOf(7, 'darwin', failing), undefined);
  });

  it('asks Get-Process on Windows, and ends a tree with taskkill', async () => {
    const commands: string[] = [];
    const reader: ProcessReader = {
      readFile: () => Promise.reject(new Error('no /proc')),
      run: (command, args) => {
        commands.push([command, ...args].join(' '));
        return Promise.resolve('1795500000\r\n');
      },
    };
    assert.equal(await pidStartOf(7, 'win32', reader), '1795500000');
    assert.match(commands[0]!, /^powershell\.exe .*Floor\(\(\(Get-Process -Id 7 /);
    assert.match(commands[0]!, /ToUniversalTime\(\) - \[DateTime\]::new\(1970, 1, 1\)\)\.TotalSeconds\)$/);
    await terminateTree(7, 'SIGTERM', 'win32', reader);
    await terminateTree(7, 'SIGKILL', 'win32', reader);
    assert.deepEqual(commands.slice(1), ['taskkill /PID 7 /T', 'taskkill /PID 7 /T /F']);
  });

  for (const platform of ['win32', 'darwin'] as const) {
    it(`starts no process for each look at another one on ${platform}`, async () => {
      let start = '7';
      let asked = 0;
      let now = 0;
      const reader: ProcessReader = {
        readFile: () => Promise.reject(new Error('no /proc')),
        run: (_command, args) => {
          asked += args[1] === 'stat=' ? 0 : 1;
          return Promise.resolve(args[1] === 'stat=' ? 'S' : start);
        },
      };
      const liveness = new Liveness(platform, reader, () => now);
      const child = await spawnDetached(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { env });
      const identity = { pid: child.pid, pidStart: '7' };
      for (now = 0; now < 30_000; now += 1000) {
        assert.ok(await liveness.isAlive(identity));
      }
      assert.equal(asked, 1);
      assert.ok(!(await liveness.isAlive({ ...identity, pidStart: '6' })), 'another start is another process');
      // Its pid was given to another one.
      start = '8';
      assert.ok(!(await liveness.isSurelyAlive(identity)), 'before a signal it is always checked');
      start = '7';
      assert.ok(await liveness.isAlive(identity));
      start = '8';
      assert.ok(await liveness.isAlive(identity));
      now += 30_000;
      assert.ok(!(await liveness.isAlive(identity)));
      start = '7';
      assert.ok(await liveness.isAlive(identity));
      await terminateTree(child.pid, 'SIGKILL');
      await child.exited;
      assert.ok(!(await liveness.isAlive(identity)), 'an end is seen at once');
    });
  }

  it('finds descendants in a table of processes, nearest first', () => {
    assert.deepEqual(descendants(10, ' 1 0\n 10 1\n 11 10\n 12 11\n 13 10\n 14 1\n'), [11, 13, 12]);
  });
});

describe('pythonEnvironment', () => {
  it('leaves out what belongs to VS Code, keeps the rest, and adds', () => {
    const base = {
      PATH: '/bin',
      ELECTRON_RUN_AS_NODE: '1',
      VSCODE_IPC_HOOK: 'x',
      NODE_OPTIONS: '--inspect',
      HOME: '/h',
      gone: undefined,
    };
    assert.deepEqual(pythonEnvironment(base, { HOME: '/other', K: 'V' }), { PATH: '/bin', HOME: '/other', K: 'V' });
  });
});
