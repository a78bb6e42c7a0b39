import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseEnvFile, readEnvFile } from '../../../src/machine/envFile';

describe('A .env file', () => {
  // The answers of the Python extension 2026.5 to the same lines.
  const cases: [string, string, Record<string, string>][] = [
    [
      'names and values, spaces around them',
      'A=1\r\n  B = two words  \nC=\n_D=4',
      { A: '1', B: 'two words', C: '', _D: '4' },
    ],
    ['comments on lines of their own, and none behind values', '# A=1\n\nB=2 # two', { B: '2 # two' }],
    ['lines that are none, export among them', 'export A=1\nnothing\n1B=2\nC-D=3\nE=5', { E: '5' }],
    [
      'quotes around whole values',
      `A='x y'\nB="x\\ny"\nC="x' \nD='a\\nb'`,
      { A: 'x y', B: 'x\ny', C: `"x'`, D: 'a\nb' },
    ],
    [
      'variables of the lines above and of the process',
      'A=1\nB=${A}2${OWN}${NO}\nC=${D}\nD=4',
      { A: '1', B: '12own', C: '', D: '4' },
    ],
    ['the process under what is empty above', 'OWN=\nB=${OWN}', { OWN: '', B: 'own' }],
    [
      'dollar signs that are none of variables',
      'A=\\${OWN}\nB=$OWN\nC=${OWN}${a.b}\nD=\\$5',
      {
        A: '${OWN}',
        B: '$OWN',
        C: '${OWN}${a.b}',
        D: '$5',
      },
    ],
    ['the last of several', 'A=1\nA=${A}2', { A: '12' }],
  ];
  for (const [title, text, expected] of cases) {
    it(`has ${title}`, () => assert.deepEqual(parseEnvFile(text, { OWN: 'own' }), expected));
  }

  it('puts PATH and PYTHONPATH before those of the process, and is nothing where it is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dask-env-'));
    try {
      const path = join(folder, '.env');
      assert.deepEqual(await readEnvFile(path, {}), {});
      await writeFile(path, '\uFEFFPYTHONPATH=/lib\nPATH=/mine\nA=1\n');
      assert.deepEqual(await readEnvFile(path, { PATH: '/bin' }), {
        PYTHONPATH: '/lib',
        PATH: `/mine${delimiter}/bin`,
        A: '1',
      });
      await rm(path);
      await assert.rejects(readEnvFile(folder, {}));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
