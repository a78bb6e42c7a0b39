import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { runCommand } from '../../../src/machine/command';
import { pidStartOf, type ProcessReader } from '../../../src/machine/processes';
import { pythonEnvironment } from '../../../src/machine/pythonEnvironment';

const python = process.env['DASK_TEST_PYTHON'] ?? 'python3';

/** `start_token` on a made-up platform: `ps` answers in German unless it is asked in the locale C. */
const ask = `
import json, subprocess, sys
from types import SimpleNamespace
from dask_runner.base import processes
platform, told = sys.argv[1:]
def ps(command, env, **_options):
    assert command == ["ps", "-o", "lstart=", "-p", "7"], command
    return SimpleNamespace(stdout=told + "\\n" if env["LC_ALL"] == "C" and "PATH" in env else "Di 24 Nov")
processes.sys = SimpleNamespace(platform=platform)
processes.subprocess = SimpleNamespace(run=ps)
processes.psutil = SimpleNamespace(Error=KeyError, Process=lambda pid: SimpleNamespace(create_time=lambda: float(told)))
print(processes.start_token(7))
`;

/** What the system tells the Python side and this one, and what both make of it. */
const table = [
  { platform: 'win32', toPython: '1795500000.0', toNode: '1795500000\r\n', token: '1795500000' },
  { platform: 'win32', toPython: '1795500000.999999', toNode: '1795500000\r\n', token: '1795500000' },
  {
    platform: 'darwin',
    toPython: 'Tue Nov 24 06:00:00 2026    ',
    toNode: 'Tue Nov 24 06:00:00 2026    \n',
    token: 'Tue Nov 24 06:00:00 2026',
  },
] as const;

describe('The identity of a process', function () {
  this.timeout(20_000);

  for (const { platform, toPython, toNode, token } of table) {
    it(`is the same text on both sides: ${platform}, ${toPython}`, async () => {
      const reader: ProcessReader = {
        readFile: () => Promise.reject(new Error('no /proc')),
        run: (_command, args) => Promise.resolve(args[1] === 'stat=' ? 'S\n' : toNode),
      };
      assert.equal(await pidStartOf(7, platform, reader), token);
      for (const zone of ['UTC', 'Asia/Kolkata']) {
        const env = pythonEnvironment(process.env, { PYTHONPATH: resolve('python'), TZ: zone, LC_ALL: 'de_DE.UTF-8' });
        const { stdout, stderr } = await runCommand(python, ['-c', ask, platform, toPython], { env });
        assert.equal(stdout.trim(), token, stderr);
      }
    });
  }

  it('is the same text on this machine', async () => {
    const env = pythonEnvironment(process.env, { PYTHONPATH: resolve('python') });
    const script = 'import sys\nfrom dask_runner.base import processes\nprint(processes.start_token(int(sys.argv[1])))';
    const { stdout, stderr } = await runCommand(python, ['-c', script, String(process.pid)], { env });
    assert.equal(stdout.trim(), await pidStartOf(process.pid), stderr);
  });
});
