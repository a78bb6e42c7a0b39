import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  commands,
  contextKeys,
  contextValue,
  extensionId,
  panelViewType,
  rowFlags,
  settingDefaults,
  viewContainer,
  views,
} from '../../../src/contributions';
import { profilesSchema } from '../../../src/core/profileSchema';

interface MenuItem {
  command: string;
  when?: string;
  group?: string;
}

interface Manifest {
  name: string;
  publisher: string;
  activationEvents: string[];
  extensionKind: string[];
  capabilities: Record<string, { supported: boolean; description: string }>;
  contributes: {
    commands: { command: string; title: string; category: string; icon?: string }[];
    viewsContainers: { activitybar: { id: string; icon: string }[] };
    views: Record<string, { id: string }[]>;
    viewsWelcome: { view: string; contents: string; when?: string }[];
    menus: Record<string, MenuItem[]>;
    configuration: { properties: Record<string, { default: unknown; scope: string; ignoreSync?: boolean }> };
    walkthroughs: { steps: { id: string; description: string; completionEvents: string[]; media: object }[] }[];
  };
}

const manifest = JSON.parse(readFileSync(join(process.cwd(), 'package.json'), 'utf8')) as Manifest;
const { contributes } = manifest;
const menuItems = Object.values(contributes.menus).flat();
const whenClauses = [...menuItems, ...contributes.viewsWelcome].map((item) => item.when ?? '');
const sorted = (values: Iterable<string>): string[] => [...values].sort();

describe('contributions', () => {
  it('is named as the public contract says', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, extensionId);
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${panelViewType}`));
  });

  it('has the same commands, titles and icons as package.json', () => {
    const declared = Object.entries(commands).map(([command, { title, icon }]) => ({
      command,
      title,
      category: 'Dask',
      ...(icon && { icon: `$(${icon})` }),
    }));
    assert.deepEqual(contributes.commands, declared);
  });

  it('has the same views as package.json', () => {
    assert.deepEqual(Object.keys(contributes.views), [viewContainer]);
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [viewContainer],
    );
    assert.deepEqual(sorted(contributes.views[viewContainer]!.map(({ id }) => id)), sorted(Object.values(views)));
  });

  it('has the same settings and defaults as package.json', () => {
    const { properties } = contributes.configuration;
    assert.deepEqual(sorted(Object.keys(properties)), sorted(Object.keys(settingDefaults)));
    for (const [id, value] of Object.entries(settingDefaults)) {
      assert.deepEqual(properties[id]?.default, value, id);
    }
  });

  it('has settings of folders, but for whom Google is asked as, and keeps what is of a machine from others', () => {
    for (const [id, { scope, ignoreSync }] of Object.entries(contributes.configuration.properties)) {
      // A workspace must not choose the account.
      const ofAccounts = id.startsWith('dask.google.');
      assert.equal(scope, ofAccounts ? 'application' : 'resource', id);
      assert.equal(ignoreSync ?? false, ofAccounts || id === 'dask.python.interpreter', id);
    }
  });

  it('has the schema of profiles that the code validates by: run scripts/generateSchema.mjs when this fails', () => {
    assert.deepEqual(
      contributes.configuration.properties['dask.profiles'],
      JSON.parse(JSON.stringify({ ...profilesSchema(), order: 1, scope: 'resource' })),
    );
  });

  it('has only commands of its own in menus, and each that is not hidden can be reached', () => {
    for (const { command } of menuItems) {
      assert.ok(command in commands, command);
    }
    const inPalette = (id: string): boolean =>
      !contributes.menus['commandPalette']!.some((item) => item.command === id && item.when === 'false');
    const elsewhere = new Set(
      Object.entries(contributes.menus).flatMap(([menu, items]) =>
        menu === 'commandPalette' ? [] : items.map((item) => item.command),
      ),
    );
    for (const [id, { hidden }] of Object.entries(commands)) {
      assert.equal(inPalette(id) || elsewhere.has(id), hidden !== true, id);
    }
  });

  it('links welcome texts and walkthroughs to commands that exist', () => {
    const texts = [
      ...contributes.viewsWelcome.map(({ contents }) => contents),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ description }) => description)),
      ...contributes.walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents)),
    ];
    const links = texts.flatMap((text) =>
      [...text.matchAll(/(?:command:|onCommand:)(dask[\w.]+)/g)].map(([, id]) => id!),
    );
    assert.ok(links.length >= 5);
    for (const id of links) {
      assert.ok(id in commands || id === 'dask.clusters.focus' || id === 'dask.runs.focus', id);
    }
  });

  it('writes no code into welcome texts and walkthroughs, which show the marks of it', () => {
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const texts = [...contributes.viewsWelcome.map(({ contents }) => contents), ...steps.map((one) => one.description)];
    assert.deepEqual(
      texts.filter((text) => text.includes('`')),
      [],
    );
  });

  it('ticks no step of a walkthrough for an attempt: the first is done when there is a run', () => {
    const [run] = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    assert.deepEqual(run?.completionEvents, ['onContext:dask.hasRuns']);
    assert.ok(contextKeys.includes('dask.hasRuns'));
  });

  it('asks in when clauses only for context keys and row flags that exist', () => {
    const used = new Set(whenClauses.flatMap((when) => [...when.matchAll(/\bdask\.\w+/g)].map(([key]) => key)));
    for (const view of Object.values(views)) {
      used.delete(view);
    }
    assert.deepEqual(sorted(used), sorted(contextKeys));
    const kinds = new Set<string>(Object.keys(rowFlags));
    for (const when of whenClauses) {
      const kind = /\^(\w+);/.exec(when)?.[1];
      if (kind === undefined) {
        continue;
      }
      assert.ok(kinds.has(kind), when);
      const flags: readonly string[] = rowFlags[kind as keyof typeof rowFlags];
      for (const [, flag] of when.matchAll(/ (\w+);/g)) {
        assert.ok(flags.includes(flag!), when);
      }
    }
  });

  it('offers what acts on a cluster in the palette only while there is one', () => {
    const palette = contributes.menus['commandPalette']!;
    const onCluster = Object.keys(commands).filter(
      (id) => id.startsWith('dask.cluster.') && !['dask.cluster.create', 'dask.cluster.attach'].includes(id),
    );
    assert.ok(onCluster.length >= 9);
    for (const id of onCluster) {
      const when = palette.find((item) => item.command === id)?.when ?? '';
      assert.match(when, /\bdask\.hasClusters\b/, id);
    }
  });

  it('uses every row flag in some when clause', () => {
    for (const [kind, flags] of Object.entries(rowFlags)) {
      for (const flag of flags) {
        assert.ok(
          whenClauses.some((when) => when.includes(`^${kind};`) && when.includes(` ${flag};`)) ||
            (flag === 'over' && kind === 'job'),
          `${kind} ${flag}`,
        );
      }
    }
  });

  it('does not run in untrusted or virtual workspaces, and says why', () => {
    for (const capability of ['untrustedWorkspaces', 'virtualWorkspaces']) {
      const declared = manifest.capabilities[capability]!;
      assert.equal(declared.supported, false);
      assert.ok(declared.description.length > 20);
    }
  });
});

describe('contextValue', () => {
  it('names the kind and the flags that are true', () => {
    assert.equal(contextValue('cluster', { owned: true, live: true, resizable: false }), 'cluster; owned; live;');
    assert.equal(contextValue('run', {}), 'run;');
  });
});
