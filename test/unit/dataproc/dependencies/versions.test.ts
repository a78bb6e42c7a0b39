import assert from 'node:assert/strict';
import { holds, machineMarkers } from '../../../../src/dataproc/dependencies/markers';
import { parseRequirement } from '../../../../src/dataproc/dependencies/requirement';
import { allows } from '../../../../src/dataproc/dependencies/versions';
import { python } from './python';

const versions = [
  ...[
    '1',
    '1.0',
    '1.0.0',
    '1.0.1',
    '1.1',
    '1.10',
    '2',
    '1.0a1',
    '1.0b2',
    '1.0rc1',
    '1.0.dev3',
    '1.0a1.dev2',
    '1.0.post1',
  ],
  ...['1.0.post1.dev1', '1!0.5', '1.0+local.1', '2026.8.0', '2.2.3', '3.11.0', 'v1.0', '1.0-1', '1.0c1', '1.0-alpha.1'],
];
const operators = ['==', '!=', '<', '<=', '>', '>='];
const specifiers = [
  ...versions.flatMap((version) =>
    operators
      .filter((operator) => !(version.includes('+') && operator.length === 1))
      .filter((operator) => !(version.includes('+') && /[<>]/.test(operator)))
      .map((operator) => operator + version),
  ),
  ...[
    '==1.*',
    '==1.0.*',
    '!=1.0.*',
    '==1!0.*',
    '~=1.0',
    '~=1.0.0',
    '~=2.2',
    '~=1.0a1',
    '>=1,<2',
    '>=1.0, !=1.0.1, <1.2',
  ],
  ...['===1.0', '', '>=3.10,<3.13'],
];

const markers = [
  ...['python_version >= "3.11"', "python_version < '3.10'", 'python_version == "3.1"', 'python_full_version > "3.11"'],
  ...['sys_platform == "win32"', 'sys_platform != "win32" and os_name == "posix"', 'platform_system in "Linux Darwin"'],
  ...['(sys_platform == "win32" or python_version >= "3.8") and platform_machine == "x86_64"', 'extra == "x"'],
  ...['python_version not in "3.8, 3.9"', '"linux" in sys_platform', '"x" == extra', 'implementation_name == "pypy"'],
  ...['python_version >= "3.11" or python_version < "3" and os_name == "nt"', 'platform_machine == "aarch64"'],
];
const lockMarkers = [
  ...[
    "'x' in extras",
    "'dev' in dependency_groups",
    "'docs' not in extras",
    "'main' in dependency_groups or 'y' in extras",
  ],
  ...["python_version >= '3.9' and 'dev' not in dependency_groups"],
];

describe('Versions and markers', () => {
  it('are what Python says they are', () => {
    const expected = python(
      `import json, sys
from packaging.specifiers import SpecifierSet
data = json.load(sys.stdin)
print(json.dumps([[SpecifierSet(s).contains(v, prereleases=True) for v in data["versions"]] for s in data["specifiers"]]))`,
      { versions, specifiers },
    ) as boolean[][];
    specifiers.forEach((specifier, row) => {
      versions.forEach((version, column) => {
        assert.equal(allows(specifier, version), expected[row]?.[column], `${version} for "${specifier}"`);
      });
    });
  });

  it('hold for the machines as they would there', () => {
    const names = { ...machineMarkers('3.11'), dependency_groups: ['main'] };
    const expected = python(
      `import json, sys
from packaging.markers import Marker
data = json.load(sys.stdin)
names = data["names"]
sets = {"extras": set(), "dependency_groups": set(names.pop("dependency_groups"))}
names.pop("extras")
print(json.dumps([Marker(m).evaluate(names) for m in data["markers"]]
    + [Marker(m).evaluate({**names, **sets}, context="lock_file") for m in data["lockMarkers"]]))`,
      { names, markers, lockMarkers },
    );
    assert.deepEqual(
      [...markers, ...lockMarkers].map((marker) => holds(marker, names)),
      expected,
    );
  });

  it('that cannot be read are left to whoever installs', () => {
    assert.ok(holds('colour == "blue"', machineMarkers('3.11')));
    assert.ok(holds('python_version >=', machineMarkers('3.11')));
    assert.ok(allows('^3.10', '3.11') && allows('>=x', '1'));
  });

  it('are found in requirements', () => {
    assert.deepEqual(parseRequirement('Foo_Bar [x, y] >=1,<2 ; python_version > "3"'), {
      ...{ name: 'foo-bar', extras: ['x', 'y'], specifier: '>=1,<2', url: undefined, marker: 'python_version > "3"' },
    });
    assert.equal(parseRequirement('a (>=1)')?.specifier, '>=1');
    assert.equal(parseRequirement('a @ https://x/a.whl ; extra == "b"')?.url, 'https://x/a.whl');
    for (const text of ['./a', '-e .', 'a b', 'https://x/a.whl', '']) {
      assert.equal(parseRequirement(text), undefined, text);
    }
  });
});
