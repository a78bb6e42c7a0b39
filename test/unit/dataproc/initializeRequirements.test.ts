import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managedRequirements } from '../../../src/machine/requirements';
import { product } from './initializeFixture';

const pythons = ['3.10', '3.11', '3.12', '3.13'];

describe('The pinned requirements of machines', () => {
  let text: string;
  /** By name and then by Python. */
  const pins = new Map<string, Map<string, string>>();

  before(async () => {
    text = await readFile(join(product, 'requirements.txt'), 'utf8');
    const entries = text
      .replace(/^#.*\n/gm, '')
      .replaceAll(' \\\n', ' ')
      .trimEnd()
      .split('\n');
    for (const entry of entries) {
      const [, name, version, marker, hashes] =
        /^([a-z0-9][a-z0-9.-]*)==(\S+)((?: ;| or) python_version == "3\.\d+"(?: or python_version == "3\.\d+")*)?((?: +--hash=sha256:[0-9a-f]{64})+)$/.exec(
          entry,
        ) ?? [];
      assert.ok(name !== undefined && version !== undefined && hashes !== undefined, entry);
      const users = marker === undefined ? pythons : [...marker.matchAll(/3\.\d+/g)].map(([one]) => one);
      const known = pins.get(name) ?? new Map<string, string>();
      pins.set(name, known);
      for (const user of users) {
        assert.equal(known.get(user), undefined, `${name} has two versions for Python ${user}`);
        known.set(user, version);
      }
    }
  });

  it('are what the environments of this machine are pinned to, with what the dashboard and YARN need', () => {
    for (const version of pythons) {
      for (const pin of managedRequirements(`${version}.0`)) {
        const [name = '', wanted] = pin.replace(/\[.*\]/, '').split('==');
        assert.equal(pins.get(name)?.get(version), wanted, `${name} for Python ${version}`);
      }
      for (const name of ['distributed', 'py4j', 'tornado', 'msgpack', 'jinja2']) {
        assert.ok(pins.get(name)?.has(version) === true, `${name} for Python ${version}`);
      }
    }
    assert.equal(pins.get('distributed')?.get('3.12'), pins.get('dask')?.get('3.12'));
  });

  it('name no place to have them from', () => {
    assert.doesNotMatch(text.replaceAll(/^# .*$/gm, ''), /:\/\/|--index|--find-links|--extra|--trusted|^-/m);
  });
});
