import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getLanguageService, TextDocument, type Diagnostic, type JSONDocument } from 'vscode-json-languageservice';
import { profilesPage } from '../../../scripts/build/profilesPage.mjs';
import { profileFields } from '../../../src/core/profileFields';
import { profilesSchema } from '../../../src/core/profileSchema';
import { builtInProfile, parseProfiles } from '../../../src/core/profileValidation';

interface Schema {
  additionalProperties: {
    allOf: { then: { properties: Record<string, { default?: unknown; markdownDescription?: string }> } }[];
    defaultSnippets: { body: object }[];
  };
}

interface Part {
  properties: Record<string, Record<string, unknown>>;
}

const cloud = { backend: 'dataproc', project: 'my-project', region: 'europe-west1' };
const bases: Readonly<Record<string, object>> = {
  local: { backend: 'local' },
  address: { backend: 'address', address: 'tls://a:1' },
  dataproc: cloud,
};
/** What an example needs to be right. */
const beside: Readonly<Record<string, object>> = { otherZones: { zone: 'europe-west1-b' }, workers: { scaling: {} } };

const context = { home: '/home/ann', workspaceFolder: '/project' };

/** What VS Code itself reads settings with. */
const service = getLanguageService({});
service.configure({ schemas: [{ uri: 'schema://profiles', fileMatch: ['*'], schema: profilesSchema() }] });

function parsed(text: string): { document: TextDocument; json: JSONDocument } {
  const document = TextDocument.create('test://settings.json', 'jsonc', 1, text);
  return { document, json: service.parseJSONDocument(document) };
}

/** What VS Code marks by the schema. */
async function underlined(profiles: unknown): Promise<Diagnostic[]> {
  const { document, json } = parsed(JSON.stringify(profiles));
  return await service.doValidation(document, json);
}

/** What VS Code suggests at the `|`. */
async function suggestions(text: string): Promise<readonly string[]> {
  const { document, json } = parsed(text.replace('|', ''));
  const list = await service.doComplete(document, document.positionAt(text.indexOf('|')), json);
  return (list?.items ?? []).map(({ label }) => label);
}

describe('The schema of profiles', () => {
  const schema = profilesSchema() as Schema;

  it('is what package.json contributes', async () => {
    const manifest = JSON.parse(await readFile(join(process.cwd(), 'package.json'), 'utf8')) as {
      contributes: {
        configuration: Part | Part[];
      };
    };
    const parts = [manifest.contributes.configuration].flat();
    const contributed = parts.map(({ properties }) => properties['dask.profiles']).find(Boolean);
    assert.ok(contributed);
    // Where it stands in the settings editor, and for whom it counts, is no part of its shape.
    const shape = { ...contributed };
    delete shape['order'];
    delete shape['scope'];
    assert.deepEqual(shape, JSON.parse(JSON.stringify(profilesSchema())));
  });

  it('is what docs/profiles.md says', async () => {
    const page = await readFile(join(process.cwd(), 'docs/profiles.md'), 'utf8');
    assert.ok(page === profilesPage(profileFields), 'npm run generate has not been run');
  });

  it('has each field with what it is, what is allowed and its default', () => {
    Object.values(profileFields).forEach((fields, index) => {
      const properties = schema.additionalProperties.allOf[index]?.then.properties ?? {};
      assert.deepEqual(
        Object.keys(properties),
        fields.map(({ name }) => name),
      );
      for (const each of fields.filter(({ name }) => name !== 'backend')) {
        const text = properties[each.name]?.markdownDescription ?? '';
        assert.ok(text.includes(each.description) && text.includes(`Allowed: ${each.allowed}.`), each.name);
        assert.deepEqual(properties[each.name]?.default, each.default);
      }
    });
  });

  it('agrees with the validation about what is right', async () => {
    const right = {
      a: { backend: 'local' },
      b: {
        backend: 'local',
        workers: 4,
        threadsPerWorker: 2,
        memoryLimit: '4GiB',
        idleTimeout: '10 minutes',
        security: 'tls',
        afterRun: 'keep',
        environment: { A: '1' },
        interpreter: '~/p',
      },
      c: { backend: 'local', workers: { minimum: 0, maximum: 8 }, memoryLimit: 'none', idleTimeout: 600 },
      d: {
        backend: 'address',
        address: 'tls://a:8786',
        tls: { ca: '/c', cert: '/d', key: '/e' },
        dashboardUrl: 'http://a:8787',
        localModules: 'leave',
      },
      ...Object.fromEntries(schema.additionalProperties.defaultSnippets.map(({ body }, index) => [`s${index}`, body])),
    };
    assert.deepEqual(await underlined(right), []);
    assert.deepEqual(parseProfiles(right, context).problems, []);
  });

  it('takes each example and each default', async () => {
    for (const [backend, fields] of Object.entries(profileFields)) {
      for (const { name, example, default: value } of fields) {
        for (const written of [example, value].filter((each) => each !== undefined)) {
          const settings = {
            base: bases[backend],
            p: { ...bases[backend], ...(backend === 'dataproc' && beside[name]), [name]: written },
          };
          assert.deepEqual(await underlined(settings), [], `${backend}.${name}`);
          assert.deepEqual(parseProfiles(settings, context).problems, []);
        }
      }
    }
  });

  const wrong: Record<string, unknown> = {
    'no backend': {},
    'an unknown backend': { backend: 'cloud' },
    'a field too many': { backend: 'local', worker: 1 },
    "the other backend's field": { backend: 'address', address: 'tcp://a:1', workers: 2 },
    'no address': { backend: 'address' },
    'too many workers': { backend: 'local', workers: 1025 },
    'half a range': { backend: 'local', workers: { minimum: 1 } },
    'a size without a unit': { backend: 'local', memoryLimit: '4' },
    'a fraction': { backend: 'local', memoryLimit: 0.5 },
    'a short idle time': { backend: 'local', idleTimeout: 5 },
    'a word for a time': { backend: 'local', idleTimeout: 'soon' },
    'an odd word': { backend: 'local', afterRun: 'stop' },
    'a number in the environment': { backend: 'local', environment: { A: 1 } },
    'a word for a size': { backend: 'local', memoryLimit: 'lots' },
    'no project': { backend: 'dataproc', region: 'europe-west1' },
    'one worker on Dataproc': { ...cloud, worker: { count: 1 } },
    'a number for a profile': 5,
    'a word for a list': { ...cloud, include: 'data' },
    'half of the TLS files': { backend: 'address', address: 'tls://a:1', tls: { ca: '/c' } },
  };
  for (const [what, profile] of Object.entries(wrong)) {
    it(`leaves ${what} to the validation, whose words are the only ones`, async () => {
      assert.deepEqual(await underlined({ p: profile }), []);
      assert.notDeepEqual(parseProfiles({ p: profile }, context).problems, []);
    });
  }

  const places: readonly [what: string, text: string, expected: readonly string[]][] = [
    ['the backends', '{ "p": { "backend": | } }', ['"local"', '"address"', '"dataproc"']],
    ['the fields of a backend', '{ "p": { "backend": "local", | } }', ['workers', 'memoryLimit', 'afterRun']],
    [
      'the fields of a backend beside what is wrong',
      '{ "p": { "backend": "local", "memoryLimit": "lots", "worker": 3, | } }',
      ['workers', 'idleTimeout'],
    ],
    ['words for a size', '{ "p": { "backend": "local", "memoryLimit": | } }', ['"auto"', '"none"']],
    ['the bounds of a range', '{ "p": { "backend": "local", "workers": { | } } }', ['minimum', 'maximum']],
    [
      'fields within a field',
      '{ "p": { "backend": "dataproc", "worker": { "count": 1, | } } }',
      ['machineType', 'diskSize'],
    ],
    ['choices', '{ "p": { "backend": "local", "afterRun": | } }', ['"delete"', '"keep"']],
  ];
  for (const [what, text, expected] of places) {
    it(`has VS Code suggest ${what}`, async () => {
      const suggested = await suggestions(text);
      assert.deepEqual(
        expected.filter((one) => !suggested.includes(one)),
        [],
        `suggested are ${suggested.join(', ')}`,
      );
    });
  }

  it('has VS Code explain a field that has a wrong value', async () => {
    const { document, json } = parsed('{ "p": { "backend": "local", "memoryLimit": "lots" } }');
    const hover = await service.doHover(document, document.positionAt(35), json);
    assert.match(JSON.stringify(hover?.contents), /Memory of each worker/i);
  });

  it('states the defaults that a profile gets', () => {
    const written = Object.fromEntries(
      profileFields.local
        .filter(({ default: value }) => value !== undefined)
        .map(({ name, default: value }) => [name, value]),
    );
    const read = parseProfiles({ p: { backend: 'local', ...written } }, context).profiles.get('p');
    assert.deepEqual(read, { ...builtInProfile, name: 'p' });
  });
});
