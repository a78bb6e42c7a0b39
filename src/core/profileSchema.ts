import { environmentNamePattern, profileNamePattern } from './fields/common';
import type { FieldType, ProfileField } from './fields/field';
import type { ProfileBackend } from './profileFields';
import { profileBackends, profileFields } from './profileFields';

/** JSON schema of the setting `dask.profiles`, as package.json contributes it. */
export function profilesSchema(): object {
  return {
    type: 'object',
    default: {},
    markdownDescription:
      'Named settings of clusters, and of how runs use them. The profile `local` is there without being written: four workers on this machine.',
    propertyNames: { pattern: profileNamePattern.source },
    defaultSnippets: profileBackends.map((backend) => ({
      label: `Profile: ${backend}`,
      description: backendDescription(backend),
      body: { [`\${1:${snippetNames[backend]}}`]: snippet(backend) },
    })),
    additionalProperties: {
      type: 'object',
      required: ['backend'],
      defaultSnippets: profileBackends.map((backend) => ({
        label: backend,
        description: backendDescription(backend),
        body: snippet(backend),
      })),
      properties: {
        backend: {
          type: 'string',
          enum: profileBackends,
          markdownEnumDescriptions: profileBackends.map(backendDescription),
          markdownDescription: 'Where clusters live.',
        },
      },
      allOf: profileBackends.map((backend) => ({
        if: { properties: { backend: { const: backend } }, required: ['backend'] },
        then: {
          ...inside(profileFields[backend].map((field) => ({ ...field, required: false }))),
          // What is required may come from the profile that is extended.
          anyOf: [{ required: ['extends'] }, { required: requiredOf(profileFields[backend]) }],
        },
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
    ...shape(field.type, field.allowed),
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

function requiredOf(fields: readonly ProfileField[]): readonly string[] {
  return fields.filter((field) => field.required).map((field) => field.name);
}

/** The fields of an object, and no others. */
function inside(fields: readonly ProfileField[]): object {
  const required = requiredOf(fields);
  const pairs = fields.flatMap(({ name, instead }) =>
    instead.filter((other) => name < other).map((other) => [name, other]),
  );
  return {
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(fields.map((field) => [field.name, property(field)])),
    additionalProperties: false,
    ...(pairs.length === 0 ? {} : { allOf: pairs.map((pair) => ({ not: { required: pair } })) }),
  };
}

function shape(type: FieldType, allowed: string): object {
  const errorMessage = `Allowed: ${allowed}.`;
  switch (type.kind) {
    case 'choice':
      return {
        type: 'string',
        enum: type.values.map((choice) => choice.value),
        markdownEnumDescriptions: type.values.map((choice) => choice.description),
      };
    case 'constant':
      return { const: type.value };
    case 'boolean':
      return { type: 'boolean' };
    case 'integer':
      return integer(type.minimum, type.maximum);
    case 'number':
      return { type: 'number', minimum: type.minimum, maximum: type.maximum };
    case 'text':
      return { type: 'string', pattern: type.pattern.source, patternErrorMessage: errorMessage };
    case 'workers':
      return {
        anyOf: [
          integer(type.minimum, type.maximum),
          workerRange(type.maximum, type.shared !== undefined),
          ...(type.shared === undefined ? [] : [{ const: 'shared' }]),
        ],
      };
    case 'memory':
      return { anyOf: [{ type: 'string', enum: ['auto', 'none'] }, size], errorMessage };
    case 'size':
      return { ...size, patternErrorMessage: errorMessage };
    case 'duration':
      return {
        anyOf: [
          { type: 'number', minimum: type.minimumSeconds, maximum: type.maximumSeconds },
          { type: 'string', pattern: '^\\s*(\\d+(\\.\\d+)?\\s*[A-Za-z]*\\s*)+$' },
        ],
        errorMessage,
      };
    case 'environment':
      return {
        type: 'object',
        propertyNames: { pattern: environmentNamePattern.source },
        additionalProperties: { type: 'string' },
      };
    case 'file':
      return {
        type: 'string',
        minLength: 1,
        ...(type.named === undefined ? {} : { pattern: type.named.source, patternErrorMessage: errorMessage }),
      };
    case 'schedulerAddress':
      return { type: 'string', pattern: '^(tcp|tls|ws|wss)://.+:\\d{1,5}$', patternErrorMessage: errorMessage };
    case 'httpUrl':
      return { type: 'string', pattern: '^https?://.+', patternErrorMessage: errorMessage };
    case 'tlsFiles':
      return {
        type: 'object',
        required: ['ca', 'cert', 'key'],
        additionalProperties: false,
        properties: {
          ca: { type: 'string', minLength: 1, markdownDescription: 'Certificate of the authority.' },
          cert: { type: 'string', minLength: 1, markdownDescription: 'Your certificate.' },
          key: { type: 'string', minLength: 1, markdownDescription: 'Key of your certificate.' },
        },
      };
    case 'list':
      return {
        type: 'array',
        items: shape(type.item, type.itemAllowed),
        maxItems: type.maximum,
        uniqueItems: true,
      };
    case 'map':
      return {
        type: 'object',
        propertyNames: { pattern: type.keys.source },
        additionalProperties: shape(type.value, type.valueAllowed),
        maxProperties: type.maximum,
      };
    case 'object':
      return { type: 'object', ...inside(type.fields) };
    case 'either':
      return { anyOf: type.types.map((one) => shape(one, allowed)), errorMessage };
  }
}

const size = { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*([kKmMgGtTpP][iI]?[bB]?|[bB])\\s*$' };

function integer(minimum: number, maximum: number): object {
  return { type: 'integer', minimum, maximum };
}

function workerRange(maximum: number, mayBeShared: boolean): object {
  return {
    type: 'object',
    required: ['minimum', 'maximum'],
    additionalProperties: false,
    properties: {
      minimum: { ...integer(0, maximum), markdownDescription: 'Workers that stay when there is nothing to do.' },
      maximum: { ...integer(1, maximum), markdownDescription: 'Workers at most.' },
      ...(mayBeShared
        ? { shared: { type: 'boolean', markdownDescription: 'Runs use the workers that are there.' } }
        : {}),
    },
  };
}
