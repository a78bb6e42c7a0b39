import assert from 'node:assert/strict';

import { CancelledError, UserError } from '../../../src/core/errors';
import { builtInProfile } from '../../../src/core/profileValidation';
import type { LocalProfile } from '../../../src/core/profile';
import type { SettingValues } from '../../../src/contributions';
import {
  HostInterpreterSource,
  type InterpreterChoices,
  type MissingDaskAnswer,
} from '../../../src/host/interpreterSource';
import type { DaskChoice } from '../../../src/host/savedState';
import type { InterpreterInfo } from '../../../src/machine/interpreter';
import { RecordingLogger } from '../../fakes/recordingLogger';
import { eventually } from '../../fakes/scene';

const complete: Omit<InterpreterInfo, 'executable'> = {
  version: '3.12.4',
  dask: '2026.8.0',
  distributed: '2026.8.0',
  bokeh: '3.9.2',
  cryptography: '50.0.2',
  numpy: '2.4.6',
};

/** A machine with interpreters, and a user who answers. */
class Machine implements InterpreterChoices {
  readonly pythons = new Map<string, Partial<InterpreterInfo>>();
  onPath: string | undefined;
  setting: string | undefined;
  extension: string | Error | undefined;
  whenMissing: SettingValues['dask.python.whenDaskIsMissing'] = 'ask';
  answers: MissingDaskAnswer[] = [];
  /** Replaced to let the user take time over an answer. */
  answering: (signal: AbortSignal) => Promise<MissingDaskAnswer> = () => Promise.resolve(this.answers.shift());
  readonly asked: string[][] = [];
  readonly hinted: string[] = [];
  /** What was chosen for, and what is chosen then. */
  readonly choosing: (string | undefined)[] = [];
  chosenNext: string | undefined;
  readonly saved = new Map<string, DaskChoice>();
  installHelps = true;

  readonly source = new HostInterpreterSource(
    {
      check: (path) => this.#info(path),
      find: () => (this.onPath === undefined ? Promise.resolve(undefined) : this.#info(this.onPath)),
      forget: () => undefined,
    },
    {
      ensure: (base) => Promise.resolve(`managed of ${base}`),
      installInto: (path) => {
        if (this.installHelps) {
          this.pythons.set(path, {});
        }
        return Promise.resolve();
      },
    },
    this,
    new RecordingLogger(),
  );

  resolve(profile: Partial<LocalProfile> = {}, signal = new AbortController().signal): Promise<string> {
    return this.source.resolve({ ...builtInProfile, ...profile }, () => undefined, signal);
  }

  configured(): string | undefined {
    return this.setting;
  }

  active(): Promise<string | undefined> {
    return this.extension instanceof Error ? Promise.reject(this.extension) : Promise.resolve(this.extension);
  }

  whenDaskIsMissing(): SettingValues['dask.python.whenDaskIsMissing'] {
    return this.whenMissing;
  }

  remembered(interpreter: string): DaskChoice | undefined {
    return this.saved.get(interpreter);
  }

  remember(interpreter: string, choice: DaskChoice): Promise<void> {
    this.saved.set(interpreter, choice);
    return Promise.resolve();
  }

  ask(_info: InterpreterInfo, missing: readonly string[], signal: AbortSignal): Promise<MissingDaskAnswer> {
    this.asked.push([...missing]);
    return this.answering(signal);
  }

  chooseInterpreter(profile: string | undefined): Promise<void> {
    this.choosing.push(profile);
    this.setting = this.chosenNext ?? this.setting;
    return Promise.resolve();
  }

  plotsMissing(info: InterpreterInfo): void {
    this.hinted.push(info.executable);
  }

  #info(path: string): Promise<InterpreterInfo> {
    const python = this.pythons.get(path);
    return python === undefined
      ? Promise.reject(new UserError({ code: 'interpreterMissing', what: path, next: '' }))
      : Promise.resolve({ ...complete, ...python, executable: path });
  }
}

const bare = { dask: undefined, distributed: undefined, bokeh: undefined, cryptography: undefined };

function coded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof UserError && error.code === code;
}

describe('HostInterpreterSource', () => {
  let machine: Machine;

  beforeEach(() => {
    machine = new Machine();
    for (const path of ['/profile', '/setting', '/extension', '/path']) {
      machine.pythons.set(path, {});
    }
    machine.onPath = '/path';
  });

  it("prefers the profile's, then the setting's, then the Python extension's, then python3", async () => {
    assert.equal(await machine.resolve(), '/path');
    machine.extension = '/extension';
    assert.equal(await machine.resolve(), '/extension');
    machine.setting = '/setting';
    assert.equal(await machine.resolve(), '/setting');
    assert.equal(await machine.resolve({ interpreter: '/profile' }), '/profile');
  });

  it('does without a Python extension that fails', async () => {
    machine.extension = new Error('no');
    assert.equal(await machine.resolve(), '/path');
  });

  it('does not take another interpreter for one that was chosen and is not there', async () => {
    machine.setting = '/gone';
    await assert.rejects(machine.resolve(), coded('interpreterMissing'));
  });

  it('says so where there is no Python', async () => {
    machine.onPath = undefined;
    await assert.rejects(machine.resolve(), coded('pythonMissing'));
  });

  it('installs Dask where that is the answer, and does not remember it', async () => {
    machine.pythons.set('/path', bare);
    machine.answers = ['install'];
    assert.equal(await machine.resolve(), '/path');
    assert.deepEqual(machine.asked, [['dask', 'distributed', 'cryptography']]);
    assert.equal(machine.saved.size, 0);
  });

  it('says so when an installation did not help', async () => {
    machine.pythons.set('/path', bare);
    machine.answers = ['install'];
    machine.installHelps = false;
    await assert.rejects(machine.resolve(), coded('installIncomplete'));
  });

  it('uses a managed environment where that is the answer, and asks only once for an interpreter', async () => {
    machine.pythons.set('/path', bare).set('/profile', bare);
    machine.answers = ['managedEnvironment', 'install'];
    assert.equal(await machine.resolve(), 'managed of /path');
    assert.equal(await machine.resolve(), 'managed of /path');
    assert.equal(machine.asked.length, 1);
    await machine.resolve({ interpreter: '/profile' });
    assert.equal(machine.asked.length, 2);
  });

  it('goes on with another Python where one is chosen, also for runs that start together', async () => {
    machine.pythons.set('/path', bare).set('/other', {});
    machine.answers = ['chooseAnother'];
    machine.chosenNext = '/other';
    assert.deepEqual(await Promise.all([machine.resolve(), machine.resolve()]), ['/other', '/other']);
    assert.deepEqual(machine.choosing, [undefined], 'asked once');
    assert.equal(machine.saved.size, 0);
  });

  it('asks about the other Python, too, where that lacks Dask', async () => {
    machine.pythons.set('/path', bare).set('/other', bare);
    machine.answers = ['chooseAnother', 'managedEnvironment'];
    machine.chosenNext = '/other';
    assert.equal(await machine.resolve(), 'managed of /other');
  });

  it('gives the run up where no other Python is chosen', async () => {
    machine.pythons.set('/path', bare);
    machine.answers = ['chooseAnother'];
    await assert.rejects(machine.resolve(), CancelledError);
  });

  it('leads to the profile where that says which Python it is', async () => {
    machine.pythons.set('/profile', bare);
    machine.answers = ['chooseAnother'];
    await assert.rejects(machine.resolve({ interpreter: '/profile', name: 'big' }), CancelledError);
    assert.deepEqual(machine.choosing, ['big']);
  });

  it('asks once for runs that start together', async () => {
    machine.pythons.set('/path', bare);
    machine.answers = ['managedEnvironment'];
    assert.deepEqual(await Promise.all([machine.resolve(), machine.resolve()]), [
      'managed of /path',
      'managed of /path',
    ]);
    assert.equal(machine.asked.length, 1);
  });

  it('keeps the question while one of the runs that wait for its answer is not cancelled', async () => {
    machine.pythons.set('/path', bare);
    let withdrawn: AbortSignal | undefined;
    let answer: (value: MissingDaskAnswer) => void = () => undefined;
    machine.answering = (signal) => {
      withdrawn = signal;
      return new Promise((resolve) => {
        answer = resolve;
        signal.addEventListener('abort', () => resolve(undefined));
      });
    };
    const cancels = [new AbortController(), new AbortController(), new AbortController()];
    const [first, second, third] = cancels.map(({ signal }) => machine.resolve({}, signal));
    assert.ok(first && second && third);
    await eventually(() => withdrawn !== undefined);
    cancels[0]?.abort();
    await assert.rejects(first, CancelledError);
    assert.equal(withdrawn?.aborted, false);
    answer('managedEnvironment');
    assert.deepEqual(await Promise.all([second, third]), ['managed of /path', 'managed of /path']);
    assert.equal(machine.asked.length, 1);

    machine.saved.clear();
    withdrawn = undefined;
    const alone = new AbortController();
    const last = machine.resolve({}, alone.signal);
    await eventually(() => withdrawn !== undefined);
    alone.abort();
    await assert.rejects(last, CancelledError);
    assert.equal((withdrawn as AbortSignal | undefined)?.aborted, true, 'nobody waits any more');
  });

  it('starts nothing where there is no answer, and asks again the next time', async () => {
    machine.pythons.set('/path', bare);
    await assert.rejects(machine.resolve(), CancelledError);
    machine.answers = ['managedEnvironment'];
    assert.equal(await machine.resolve(), 'managed of /path');
  });

  it('does not ask where a setting decides', async () => {
    machine.pythons.set('/path', bare);
    machine.whenMissing = 'managedEnvironment';
    assert.equal(await machine.resolve(), 'managed of /path');
    machine.whenMissing = 'install';
    assert.equal(await machine.resolve(), '/path');
    assert.deepEqual(machine.asked, []);
  });

  it('lets a setting win over an answer of before', async () => {
    machine.pythons.set('/path', bare);
    machine.saved.set('/path', 'managedEnvironment');
    machine.whenMissing = 'install';
    assert.equal(await machine.resolve(), '/path');
    machine.pythons.set('/path', bare);
    machine.whenMissing = 'ask';
    assert.equal(await machine.resolve(), 'managed of /path');
  });

  it('needs cryptography only for TLS', async () => {
    machine.pythons.set('/path', { cryptography: undefined });
    assert.equal(await machine.resolve({ security: 'none' }), '/path');
    machine.answers = ['install'];
    await machine.resolve();
    assert.deepEqual(machine.asked, [['cryptography']]);
  });

  it('does not wait for an answer about plots', async () => {
    machine.pythons.set('/path', { bokeh: undefined });
    assert.equal(await machine.resolve(), '/path');
    assert.deepEqual(machine.hinted, ['/path']);
    assert.deepEqual(machine.asked, []);
  });

  it('uses a managed environment for the interpreter that was found lacking, when a button says so', async () => {
    machine.pythons.set('/profile', bare);
    await assert.rejects(machine.resolve({ interpreter: '/profile' }), CancelledError);
    await machine.source.useManagedEnvironment(() => undefined, new AbortController().signal);
    assert.equal(await machine.resolve({ interpreter: '/profile' }), 'managed of /profile');
  });

  it('uses it in spite of the setting when the button of an error said so, until the setting is changed', async () => {
    machine.pythons.set('/path', bare);
    machine.whenMissing = 'install';
    machine.installHelps = false;
    await assert.rejects(machine.resolve(), coded('installIncomplete'));
    await machine.source.useManagedEnvironment(() => undefined, new AbortController().signal);
    assert.equal(await machine.resolve(), 'managed of /path');
    machine.whenMissing = 'ask';
    machine.saved.clear();
    machine.answers = ['install'];
    machine.installHelps = true;
    assert.equal(await machine.resolve(), '/path');
  });
});
