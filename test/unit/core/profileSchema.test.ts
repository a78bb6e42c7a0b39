import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Ajv from 'ajv';
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

describe('The schema of profiles', () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile(profilesSchema());
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

  it('agrees with the validation about what is right', () => {
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
    assert.ok(validate(right), ajv.errorsText(validate.errors));
    assert.deepEqual(parseProfiles(right, context).problems, []);
  });

  it('takes each example and each default', () => {
    for (const [backend, fields] of Object.entries(profileFields)) {
      for (const { name, example, default: value } of fields) {
        for (const written of [example, value].filter((each) => each !== undefined)) {
          const settings = {
            base: bases[backend],
            p: { ...bases[backend], ...(backend === 'dataproc' && beside[name]), [name]: written },
          };
          assert.ok(validate(settings), `${backend}.${name}: ${ajv.errorsText(validate.errors)}`);
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
    'half of the TLS files': { backend: 'address', address: 'tls://a:1', tls: { ca: '/c' } },
  };
  for (const [what, profile] of Object.entries(wrong)) {
    it(`underlines ${what}, as the validation does`, () => {
      assert.equal(validate({ p: profile }), false);
      assert.notDeepEqual(parseProfiles({ p: profile }, context).problems, []);
    });
  }

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
