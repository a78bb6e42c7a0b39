import assert from 'node:assert/strict';

import { profileText } from '../../../src/commands/profileText';
import { addressHost, addressProblem } from '../../../src/commands/schedulerAddress';
import { workerCountProblem } from '../../../src/commands/workerCount';
import { builtInProfile, findProfile } from '../../../src/core/profileValidation';

describe('addressProblem', () => {
  for (const good of ['tcp://localhost:8786', 'tls://10.0.0.5:8786', 'wss://dask.example:443', 'tcp://[::1]:8786']) {
    it(`takes ${good}`, () => assert.equal(addressProblem(good), undefined));
  }

  const bad: [text: string, problem: RegExp][] = [
    ['', /An address is needed/],
    ['localhost:8786', /of the form/],
    ['http://localhost:8787', /http:\/\/ is not a protocol of Dask/],
    ['tcp://localhost', /port is missing/],
    ['tcp://localhost:70000', /out of range/],
    ['tcp://localhost:0', /out of range/],
    ['tcp://local host:8786', /of the form/],
    ['tcp://localhost:8786/status', /of the form/],
  ];
  for (const [text, problem] of bad) {
    it(`does not take "${text}"`, () => assert.match(addressProblem(text) ?? '', problem));
  }

  it('shortens an address to host and port', () => assert.equal(addressHost('tls://h:1'), 'h:1'));
});

describe('workerCountProblem', () => {
  it('takes whole numbers in range', () => {
    for (const text of ['1', '1024', ' 8 ']) {
      assert.equal(workerCountProblem(text, 1), undefined);
    }
    assert.equal(workerCountProblem('0', 0), undefined);
  });

  it('says the range otherwise', () => {
    for (const text of ['', '0', '-1', '1.5', 'many', '1025', '1e2']) {
      assert.equal(workerCountProblem(text, 1), 'A whole number from 1 to 1024 is needed.');
    }
    assert.equal(workerCountProblem('2', 3), 'A whole number from 3 to 1024 is needed.');
  });
});

describe('profileText', () => {
  it('says how large a cluster is', () => {
    assert.equal(profileText(builtInProfile), '4 workers');
    assert.equal(
      profileText({
        ...builtInProfile,
        workers: { kind: 'adaptive', minimum: 1, maximum: 8 },
        threadsPerWorker: 2,
        memoryLimit: '4GiB',
        afterRun: 'keep',
      }),
      '1 to 8 workers · 2 threads each · 4GiB each · kept after a run',
    );
  });

  it('says where a cluster in the cloud is', () => {
    const cloud = { backend: 'dataproc', project: 'my-project', region: 'europe-west1', afterRun: 'stop' };
    assert.equal(
      profileText(findProfile({ cloud }, 'cloud', { home: '/', workspaceFolder: undefined })),
      '2 workers · 4 threads each · 10.75GiB each · my-project, europe-west1 · stopped after a run',
    );
  });

  it('says where a scheduler of others is', () => {
    assert.equal(
      profileText({ backend: 'address', name: 'team', address: 'tcp://h:8786', environment: {} }),
      'tcp://h:8786',
    );
  });
});
