import type { FieldType, ProfileField } from './fields/field';
import type { ProfileBackend } from './profileFields';
import { profileBackends, profileFields } from './profileFields';

/**
 * JSON schema of the setting `dask.profiles`, as package.json contributes it: what VS Code suggests and explains there.
 * It lets every value be. What is wrong with one is said by `parseProfiles` alone, at the same line: VS Code's own words
 * are about the schema ("Missing property extends" for a project, which may come from the profile that is extended).
 */
export function profilesSchema(): object {
  return {
    type: 'object',
    default: {},
    markdownDescription:
      'Named settings of clusters, and of how runs use them. The profile `local` is there without being written: four workers on this machine.',
    defaultSnippets: profileBackends.map((backend) => ({
      label: `Profile: ${backend}`,
      description: backendDescription(backend),
      body: { [`\${1:${snippetNames[backend]}}`]: snippet(backend) },
    })),
    additionalProperties: {
      defaultSnippets: profileBackends.map((backend) => ({
        label: backend,
        description: backendDescription(backend),
        body: snippet(backend),
      })),
      properties: {
        backend: {
          ...suggested({ enum: profileBackends, markdownEnumDescriptions: profileBackends.map(backendDescription) }),
          markdownDescription: 'Where clusters live.',
        },
      },
      allOf: profileBackends.map((backend) => ({
        if: { properties: { backend: { const: backend } }, required: ['backend'] },
        then: { properties: propertiesOf(profileFields[backend]) },
      })),
    },
  };
}

const snippetNames: Readonly<Record<ProfileBackend, string>> = { local: 'big', address: 'shared', dataproc: 'cloud' };
/** Beside the required ones. */
const snippetFields: Readonly<Record<ProfileBackend, readonly string[]>> = {
  local: ['workers', 'threadsPerWorker', 'memoryLimit'],
  address: [],
  dataproc: ['worker', 'afterRun'],
};

function backendDescription(backend: ProfileBackend): string {
  const type = profileFields[backend].find((field) => field.name === 'backend')?.type;
  return type?.kind === 'choice' ? (type.values[0]?.description ?? '') : '';
}

function snippet(backend: ProfileBackend): object {
  const shown = profileFields[backend].filter(
    ({ name, required }) => required || snippetFields[backend].includes(name),
  );
  const standard = ['workers', 'afterRun'];
  return Object.fromEntries(
    shown.map((field) => [field.name, standard.includes(field.name) ? field.default : field.example]),
  );
}

function property(field: ProfileField): object {
  if (field.name === 'backend') {
    return {};
  }
  return {
    ...shape(field.type),
    ...(field.default === undefined ? {} : { default: field.default }),
    markdownDescription: [
      field.description,
      `Allowed: ${field.allowed}.`,
      // An empty object is nothing that one would write.
      ...(field.default === undefined || isEmpty(field.default)
        ? []
        : [`Default: \`${JSON.stringify(field.default)}\`.`]),
    ].join('\n\n'),
    defaultSnippets: [{ label: JSON.stringify(field.example), body: escaped(field.example) }],
  };
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A `$` begins a placeholder in a snippet. */
function escaped(example: unknown): unknown {
  return JSON.parse(JSON.stringify(example).replaceAll('${', '\\\\${')) as unknown;
}

function propertiesOf(fields: readonly ProfileField[]): object {
  return Object.fromEntries(fields.map((field) => [field.name, property(field)]));
}

/** A schema that suggests values, and finds nothing wrong with others. */
function suggested(...schemas: readonly object[]): object {
  return { anyOf: [...schemas, {}] };
}

function shape(type: FieldType): object {
  switch (type.kind) {
    case 'choice':
      return suggested({
        enum: type.values.map((choice) => choice.value),
        markdownEnumDescriptions: type.values.map((choice) => choice.description),
      });
    case 'constant':
      return suggested({ const: type.value });
    case 'boolean':
      return suggested({ type: 'boolean' });
    case 'workers':
      return suggested(
        workerRange(type.shared !== undefined),
        ...(type.shared === undefined ? [] : [{ const: 'shared' }]),
      );
    case 'memory':
      return suggested({ enum: ['auto', 'none'] });
    case 'tlsFiles':
      return suggested({
        properties: {
          ca: { markdownDescription: 'Certificate of the authority.' },
          cert: { markdownDescription: 'Your certificate.' },
          key: { markdownDescription: 'Key of your certificate.' },
        },
      });
    case 'list':
      return { items: shape(type.item) };
    case 'map':
      return { additionalProperties: shape(type.value) };
    case 'object':
      return { properties: propertiesOf(type.fields) };
    case 'either':
      return suggested(...type.types.map(shape));
    default:
      return {};
  }
}

function workerRange(mayBeShared: boolean): object {
  return {
    properties: {
      minimum: { markdownDescription: 'Workers that stay when there is nothing to do.' },
      maximum: { markdownDescription: 'Workers at most.' },
      ...(mayBeShared
        ? { shared: { ...suggested({ type: 'boolean' }), markdownDescription: 'Runs use the workers that are there.' } }
        : {}),
    },
  };
}
