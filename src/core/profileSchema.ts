import type { ProfileBackend, ProfileField } from './profileFields';
import { environmentNamePattern, profileBackends, profileFields, profileNamePattern } from './profileFields';

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
      body: { [`\${1:${backend === 'local' ? 'big' : 'shared'}}`]: snippet(backend) },
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
          required: profileFields[backend].filter((field) => field.required).map((field) => field.name),
          properties: Object.fromEntries(profileFields[backend].map((field) => [field.name, property(field)])),
          additionalProperties: false,
        },
      })),
    },
  };
}

function backendDescription(backend: ProfileBackend): string {
  const type = profileFields[backend].find((field) => field.name === 'backend')?.type;
  return type?.kind === 'choice' ? (type.values[0]?.description ?? '') : '';
}

function snippet(backend: ProfileBackend): object {
  const shown = profileFields[backend].filter(
    (field) => field.required || ['workers', 'threadsPerWorker', 'memoryLimit'].includes(field.name),
  );
  return Object.fromEntries(
    shown.map((field) => [field.name, field.name === 'workers' ? field.default : field.example]),
  );
}

function property(field: ProfileField): object {
  if (field.name === 'backend') {
    return {};
  }
  const shown = JSON.stringify(field.default);
  return {
    ...shape(field),
    ...(field.default === undefined ? {} : { default: field.default }),
    markdownDescription: [
      field.description,
      `Allowed: ${field.allowed}.`,
      ...(field.default === undefined ? [] : [`Default: \`${shown}\`.`]),
    ].join('\n\n'),
    defaultSnippets: [{ label: JSON.stringify(field.example), body: escaped(field.example) }],
  };
}

/** A `$` begins a placeholder in a snippet. */
function escaped(example: unknown): unknown {
  return JSON.parse(JSON.stringify(example).replaceAll('${', '\\\\${')) as unknown;
}

function shape(field: ProfileField): object {
  const { type } = field;
  switch (type.kind) {
    case 'choice':
      return {
        type: 'string',
        enum: type.values.map((choice) => choice.value),
        markdownEnumDescriptions: type.values.map((choice) => choice.description),
      };
    case 'integer':
      return { type: 'integer', minimum: type.minimum, maximum: type.maximum };
    case 'workers':
      return { anyOf: [integer(type.minimum, type.maximum), workerRange(type.maximum)] };
    case 'memory':
      return {
        anyOf: [
          { type: 'string', enum: ['auto', 'none'] },
          { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*([kKmMgGtTpP][iI]?[bB]?|[bB])\\s*$' },
        ],
        errorMessage: `Allowed: ${field.allowed}.`,
      };
    case 'duration':
      return {
        anyOf: [
          { type: 'number', minimum: type.minimumSeconds, maximum: type.maximumSeconds },
          { type: 'string', pattern: '^\\s*(\\d+(\\.\\d+)?\\s*[A-Za-z]*\\s*)+$' },
        ],
        errorMessage: `Allowed: ${field.allowed}.`,
      };
    case 'environment':
      return {
        type: 'object',
        propertyNames: { pattern: environmentNamePattern.source },
        additionalProperties: { type: 'string' },
      };
    case 'file':
      return { type: 'string', minLength: 1 };
    case 'schedulerAddress':
      return {
        type: 'string',
        pattern: '^(tcp|tls|ws|wss)://.+:\\d{1,5}$',
        patternErrorMessage: `Allowed: ${field.allowed}.`,
      };
    case 'httpUrl':
      return { type: 'string', pattern: '^https?://.+', patternErrorMessage: `Allowed: ${field.allowed}.` };
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
  }
}

function integer(minimum: number, maximum: number): object {
  return { type: 'integer', minimum, maximum };
}

function workerRange(maximum: number): object {
  return {
    type: 'object',
    required: ['minimum', 'maximum'],
    additionalProperties: false,
    properties: {
      minimum: { ...integer(0, maximum), markdownDescription: 'Workers that stay when there is nothing to do.' },
      maximum: { ...integer(1, maximum), markdownDescription: 'Workers at most.' },
    },
  };
}
