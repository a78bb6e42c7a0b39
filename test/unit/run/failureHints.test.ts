import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { requestFor } from '../../fakes/fakeWindow';
import { Scene, untilState } from '../../fakes/scene';

/** What Python 3.10 to 3.13 say, and what is beside the script then. */
const noClient = "cannot import name 'Client' from";
const hidden: [title: string, beside: string[], exception: string, hint: RegExp][] = [
  [
    'dask.py',
    ['dask.py'],
    "ModuleNotFoundError: No module named 'dask.distributed'; 'dask' is not a package",
    /dask\.py .* package dask,/,
  ],
  [
    'a folder dask',
    ['dask/__init__.py'],
    "ModuleNotFoundError: No module named 'dask.distributed'",
    /dask\/__init__\.py .* dask,/,
  ],
  [
    'dask.py that is asked for what it has not',
    ['dask.py'],
    "AttributeError: module 'dask' has no attribute 'delayed'",
    /dask\.py /,
  ],
  [
    'distributed.py',
    ['distributed.py'],
    `ImportError: ${noClient} 'dask.distributed' (/venv/dask/distributed.py)`,
    /distributed\.py .* distributed,/,
  ],
  [
    'distributed.py as the script',
    ['distributed.py'],
    `ImportError: ${noClient} partially initialized module 'distributed' (most likely due to a circular import) (/a.py)`,
    /distributed\.py /,
  ],
  [
    'another package',
    ['pandas.py'],
    "ModuleNotFoundError: No module named 'pandas.io'; 'pandas' is not a package",
    /pandas\.py .* pandas,/,
  ],
];
/** Where nothing is hidden. */
const plain: [title: string, beside: string[], exception: string, hint: RegExp][] = [
  [
    'no such file',
    ['etl2.py', 'dask/notes.txt'],
    "ModuleNotFoundError: No module named 'dask.distributed'",
    /Install dask into/,
  ],
  [
    'a package that is not installed',
    ['distributed.py'],
    "ModuleNotFoundError: No module named 'dask'",
    /Install dask into/,
  ],
  [
    'code of the user',
    ['helper.py', 'dask.py'],
    "ImportError: cannot import name 'a' from 'helper' (/helper.py)",
    /See the end of the log/,
  ],
];

describe('A failure', () => {
  let scene: Scene;

  beforeEach(async () => {
    scene = await Scene.make();
  });

  afterEach(() => scene.clear());

  async function failing(exception: string, frame = scene.script): Promise<string> {
    const run = await scene.window().service.start(requestFor(scene.script));
    await untilState(run, 'running');
    const frames = `  File "${scene.script}", line 1, in <module>\n    x\n  File "${frame}", line 1, in x\n    y\n`;
    scene.world.print(run.id, `Traceback (most recent call last):\n${frames}${exception}\n`);
    scene.world.finish(run.id, { exitCode: 1 });
    return (await run.ended).error?.message ?? '';
  }

  for (const [title, beside, exception, hint] of [...hidden, ...plain]) {
    it(`by what is beside the script says whether it hides a package: ${title}`, async () => {
      for (const name of beside) {
        const path = join(scene.root, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, '');
      }
      const message = await failing(exception);
      assert.match(message, hint);
      assert.equal(
        /Rename that file\.$/.test(message),
        hidden.some(([name]) => name === title),
      );
    });
  }

  it('of a debugger says that a run has no terminal', async () => {
    const text = /no terminal to type in\. There is no debugger for runs yet/;
    assert.match(await failing('bdb.BdbQuit', '/usr/lib/python3.12/bdb.py'), text);
    assert.match(await failing('EOFError: EOF when reading a line', '/usr/lib/python3.12/pdb.py'), text);
    assert.match(await failing('EOFError: EOF when reading a line'), /reads from standard input/);
  });
});
