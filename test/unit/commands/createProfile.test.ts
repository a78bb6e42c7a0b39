import { EditorStub, type Shown } from './editorStub';
import assert from 'node:assert/strict';

import type { CommandParts } from '../../../src/commands/commandParts';
import { createProfile } from '../../../src/commands/createProfile';
import { CancelledError, UserError } from '../../../src/core/errors';
import type { GoogleAccounts, GooglePlaces } from '../../../src/core/googleAccount';
import { findProfile } from '../../../src/core/profileValidation';

const editor = EditorStub.current;
const context = { home: '/', workspaceFolder: undefined };
const denied = new UserError({ code: 'denied', what: 'The regions could not be listed.', next: 'Ask for a role.' });

describe('Create Profile', () => {
  let written: { name: string; value: Record<string, unknown>; where: string }[];
  let standard: string | undefined;
  let opened: unknown;
  let places: GooglePlaces;
  let accounts: GoogleAccounts;
  let taken: string[];

  beforeEach(() => {
    editor.reset();
    written = [];
    standard = undefined;
    opened = undefined;
    taken = ['local'];
    places = {
      regions: (project) => Promise.resolve(project === 'my-project' ? ['us-east1', 'europe-west4'] : []),
      zones: (_, region) => Promise.resolve([`${region}-c`, `${region}-a`]),
      machineTypes: (_, zone) =>
        Promise.resolve([
          { name: 'n2-standard-16', cores: 16, memoryMb: 65_536 },
          { name: 'n2-standard-8', cores: 8, memoryMb: 32_768 },
          { name: `made-in-${zone}`, cores: 8, memoryMb: 32_768 },
          { name: 'e2-micro', cores: 1, memoryMb: 1024 },
        ]),
      subnetworks: () => Promise.resolve([{ name: 'jobs', network: 'shared', privateGoogleAccess: true }]),
    };
    accounts = {
      who: () => Promise.resolve({ source: 'gcloud', account: 'me@example.com', project: 'my-project' }),
      offers: () => Promise.resolve([]),
    };
  });

  const parts = (): CommandParts => {
    const known = {
      settings: {
        dataprocProfiles: () => [],
        profileNames: () => taken,
        setDefaultProfile: (name: string) => Promise.resolve(void (standard = name)),
      },
      google: { accounts, places, signInChanged: () => undefined },
      addProfile: (name: string, value: Record<string, unknown>, where: string) =>
        Promise.resolve(void written.push({ name, value, where })),
      openSettings: (target: unknown) => Promise.resolve(void (opened = target)),
      boundary: { run: (_: string, work: () => unknown) => work() },
    };
    return known as unknown as CommandParts;
  };

  /** Answers by what is asked; what is not named takes the first row, or what stands there. */
  const answers = (given: Readonly<Record<string, string | string[]>>): ((shown: Shown) => string | undefined) => {
    const left = new Map(
      Object.entries(given).map(([key, value]) => [key, Array.isArray(value) ? [...value] : [value]]),
    );
    return ({ kind, text, placeholder = '' }) => {
      const asked = kind === 'pick' ? placeholder : text;
      const key = [...left.keys()].find((one) => asked.startsWith(one));
      const next = key === undefined ? undefined : left.get(key)?.shift();
      return next ?? (kind === 'pick' ? editor.labels[0] : kind === 'input' ? '' : undefined);
    };
  };
  const cloud = { 'Where its': '$(cloud) Google Cloud Dataproc' };
  const made = (): { name: string; value: Record<string, unknown>; where: string } => {
    assert.equal(written.length, 1);
    return written[0]!;
  };

  it('makes a profile of Dataproc that can be used from its first rows alone', async () => {
    editor.answer = answers(cloud);
    await createProfile(parts())();
    const { name, value, where } = made();
    assert.deepEqual([name, where], ['cloud', 'user']);
    const profile = findProfile({ [name]: value }, name, context);
    assert.ok(profile.backend === 'dataproc');
    assert.deepEqual(
      [profile.project, profile.region, profile.zone, profile.worker.machineType, profile.worker.count],
      ['my-project', 'europe-west1', undefined, 'n2-standard-4', 2],
    );
    assert.equal(profile.afterRun, 'delete');
    assert.deepEqual(opened, { setting: 'dask.profiles', path: ['cloud'] });
  });

  it('takes what the account has: region, zone, machine type, subnetwork, and limits to scale in', async () => {
    editor.answer = answers({
      ...cloud,
      Region: 'us-east1',
      Zone: 'us-east1-a',
      'Machine type': 'n2-standard-8',
      'Number of machines': 'Autoscaling',
      'Machines that stay': '3',
      'Machines at most': '12',
      Subnetwork: 'jobs',
      'What becomes': 'Keep',
      'Name of': 'nightly',
      'Where it is': 'Workspace Settings',
    });
    await createProfile(parts())();
    const { name, value, where } = made();
    assert.deepEqual([name, where], ['nightly', 'workspace']);
    const profile = findProfile({ [name]: value }, name, context);
    assert.ok(profile.backend === 'dataproc' && profile.scaling.kind === 'limits');
    assert.deepEqual([profile.region, profile.zone, profile.subnetwork], ['us-east1', 'us-east1-a', 'jobs']);
    assert.deepEqual([profile.scaling.minimum, profile.scaling.maximum, profile.afterRun], [3, 12, 'keep']);
    assert.equal(profile.worker.machineType, 'n2-standard-8');
  });

  it('lists machine types by size, without those that a cluster cannot have', async () => {
    let listed: string[] = [];
    const give = answers(cloud);
    editor.answer = (shown) => {
      if (shown.placeholder?.startsWith('Machine type') === true) {
        listed = editor.items;
      }
      return give(shown);
    };
    await createProfile(parts())();
    assert.deepEqual(listed, [
      'n2-standard-4 4 cores · 16 GB',
      'n2-standard-8 8 cores · 32 GB',
      'n2-standard-16 16 cores · 64 GB',
    ]);
  });

  it('goes on where nothing can be listed: it says why, and takes what is typed', async () => {
    const fail = (): Promise<never> => Promise.reject(denied);
    places = { regions: fail, zones: fail, machineTypes: fail, subnetworks: fail };
    accounts.who = () => Promise.reject(new UserError({ code: 'x', what: 'Nobody is signed in.', next: 'Sign in.' }));
    const said: string[] = [];
    const give = answers({ ...cloud, Project: 'other-project', Region: 'asia-east1', Zone: 'asia-east1-b' });
    editor.answer = (shown) => {
      said.push(...editor.details);
      return give(shown);
    };
    await createProfile(parts())();
    const { name, value } = made();
    const profile = findProfile({ [name]: value }, name, context);
    assert.ok(profile.backend === 'dataproc');
    assert.deepEqual([profile.project, profile.region, profile.zone], ['other-project', 'asia-east1', 'asia-east1-b']);
    assert.ok(said.includes('Nobody is signed in. Sign in. Type the name instead.'));
    assert.ok(said.includes('The regions could not be listed. Ask for a role. Type the name instead.'));
  });

  it('does not wait for a list to take the usual answer', async () => {
    places = { ...places, regions: (_, signal) => aborted(signal), zones: (_p, _r, signal) => aborted(signal) };
    editor.waitsForLists = false;
    editor.answer = answers({ ...cloud, Project: 'my-project' });
    await createProfile(parts())();
    assert.equal(made().value['region'], 'europe-west1');
  });

  it('takes no text that the profile could not have', async () => {
    editor.answer = answers({ ...cloud, Region: 'Europe' });
    await assert.rejects(createProfile(parts())(), CancelledError);
    assert.match(editor.details.join(), /"region" is "Europe"\. Allowed: the name of a region/);
    assert.deepEqual(written, []);
  });

  it('goes back a step at a time, and lists what another region has', async () => {
    editor.answer = answers({
      ...cloud,
      Region: ['us-east1', 'europe-west4'],
      Zone: ['us-east1-a', '←', 'Automatic'],
      'Machine type': ['←'],
    });
    const zones: string[] = [];
    const give = editor.answer;
    editor.answer = (shown) => {
      if (shown.placeholder?.startsWith('Zone') === true) {
        zones.push(editor.items[1]!.trim());
      }
      return give(shown);
    };
    await createProfile(parts())();
    assert.deepEqual(zones, ['us-east1-a', 'us-east1-a', 'europe-west4-a']);
    assert.deepEqual([made().value['region'], made().value['zone']], ['europe-west4', undefined]);
  });

  it('says how many steps there are, of the kind that was chosen', async () => {
    editor.answer = answers(cloud);
    await createProfile(parts())();
    const steps = editor.shown.filter(({ step }) => step !== undefined).map(({ step }) => step);
    assert.deepEqual(steps.at(-1), '11/11');
    assert.deepEqual(new Set(steps).size, 11);
  });

  it('makes a profile of this machine, under a name that is free', async () => {
    taken = ['local', 'local-large'];
    editor.answer = answers({
      'Where its': '$(vm) This Machine',
      'Number of workers': '8',
      'Memory of': '6GiB',
      'What becomes': 'Keep',
    });
    await createProfile(parts())();
    const { name, value } = made();
    assert.equal(name, 'local-large-2');
    assert.deepEqual(value, { backend: 'local', workers: 8, memoryLimit: '6GiB', afterRun: 'keep' });
    assert.ok(findProfile({ [name]: value }, name, context));
  });

  it('takes no name that is taken', async () => {
    editor.answer = answers({ 'Where its': '$(vm) This Machine', 'What becomes': 'Delete', 'Name of': 'local' });
    await assert.rejects(createProfile(parts())(), CancelledError);
    assert.match(editor.details.join(), /There is a profile "local" already/);
  });

  it('makes the profile the default only where that is wanted', async () => {
    editor.answer = answers(cloud);
    await createProfile(parts())();
    assert.equal(standard, undefined);
    const give = answers(cloud);
    editor.answer = (shown) => (shown.kind === 'message' ? 'Make It the Default' : give(shown));
    await createProfile(parts())();
    await Promise.resolve();
    assert.equal(standard, 'cloud');
  });
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new CancelledError()));
  });
}
