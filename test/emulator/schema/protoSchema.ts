// The published protos of the API, read from what its npm package ships.
import protos from '@google-cloud/dataproc/build/protos/protos.json';
import { newerFields, newerValues } from './newerFields';

export interface Field {
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly required: boolean;
  readonly outputOnly: boolean;
}

export interface MessageType {
  readonly kind: 'message';
  readonly name: string;
  /** By camel-case name, as JSON has it. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Names of the fields of each oneof, by its name; not those that proto3 makes for `optional`. */
  readonly oneofs: ReadonlyMap<string, readonly string[]>;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

export interface HttpBinding {
  readonly method: string;
  readonly template: string;
  /** `*`, the name of a field, or undefined when there is no body. */
  readonly body: string | undefined;
}

export interface Method {
  /** Such as `ClusterController.CreateCluster`. */
  readonly name: string;
  readonly requestType: string;
  readonly responseType: string;
  readonly bindings: readonly HttpBinding[];
}

interface RawField {
  readonly type: string;
  readonly rule?: string;
  readonly keyType?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

interface RawNode {
  readonly nested?: Readonly<Record<string, RawNode>>;
  readonly fields?: Readonly<Record<string, RawField>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly methods?: Readonly<Record<string, RawMethod>>;
}

interface RawMethod {
  readonly requestType: string;
  readonly responseType: string;
  readonly parsedOptions: readonly Readonly<Record<string, unknown>>[];
}

const apiPackage = 'google.cloud.dataproc.v1';
const root: RawNode = protos as unknown as RawNode;
const types = new Map<string, MessageType | EnumType | undefined>();

/**
 * A type by its name, seen from inside `scope`: `Preemptibility` in `google.cloud.dataproc.v1.InstanceGroupConfig`.
 * Undefined for scalars.
 */
export function findType(name: string, scope = apiPackage): MessageType | EnumType | undefined {
  const key = `${scope} ${name}`;
  if (!types.has(key)) {
    types.set(key, readType(name, scope));
  }
  return types.get(key);
}

export function messageType(name: string): MessageType {
  const type = findType(name);
  if (type?.kind !== 'message') {
    throw new Error(`The protos have no message ${name}.`);
  }
  return type;
}

/** Every method of the services that are named, with the paths it has over REST. */
export function methodsOf(services: readonly string[]): Method[] {
  return services.flatMap((service) => {
    const methods = nodeAt(`${apiPackage}.${service}`)?.methods ?? {};
    return Object.entries(methods).map(([name, { requestType, responseType, parsedOptions }]) => ({
      name: `${service}.${name}`,
      requestType,
      responseType,
      bindings: bindings(parsedOptions.find((option) => '(google.api.http)' in option)?.['(google.api.http)']),
    }));
  });
}

function bindings(rule: unknown): HttpBinding[] {
  if (typeof rule !== 'object' || rule === null) {
    return [];
  }
  const { body, additional_bindings: more = [], ...verbs } = rule as Record<string, unknown>;
  const [verb] = Object.entries(verbs);
  const first = verb === undefined ? [] : [{ method: verb[0].toUpperCase(), template: String(verb[1]), body }];
  return [...first, ...(Array.isArray(more) ? more : [more]).flatMap(bindings)] as HttpBinding[];
}

function readType(name: string, scope: string): MessageType | EnumType | undefined {
  // As in protobuf: the innermost scope that has the name.
  const parts = scope.split('.');
  for (let length = parts.length; length >= 0; length--) {
    const full = [...parts.slice(0, length), name].join('.');
    const node = nodeAt(full);
    if (node?.values !== undefined) {
      const values = Object.entries({ ...node.values, ...newerValues[full.slice(apiPackage.length + 1)] });
      return { kind: 'enum', name: full, values: new Map(values) };
    }
    if (node?.fields !== undefined) {
      return readMessage(full, node);
    }
  }
  return undefined;
}

function readMessage(name: string, node: RawNode): MessageType {
  const fields = { ...node.fields, ...newerFields[name.slice(apiPackage.length + 1)] };
  const optional = (field: string) => node.fields?.[field]?.options?.['proto3_optional'] === true;
  const oneofs = Object.entries(node.oneofs ?? {}).filter(([, { oneof }]) => !oneof.some(optional));
  return {
    kind: 'message',
    name,
    fields: new Map(Object.entries(fields).map(([field, raw]) => [field, readField(raw)])),
    oneofs: new Map(oneofs.map(([oneof, { oneof: names }]) => [oneof, names])),
  };
}

function readField(raw: RawField): Field {
  const behaviour = raw.options?.['(google.api.field_behavior)'];
  const behaviours = Array.isArray(behaviour) ? behaviour : [behaviour];
  return {
    type: raw.type,
    repeated: raw.rule === 'repeated',
    map: raw.keyType !== undefined,
    required: behaviours.includes('REQUIRED'),
    outputOnly: behaviours.includes('OUTPUT_ONLY'),
  };
}

function nodeAt(name: string): RawNode | undefined {
  let node: RawNode | undefined = root;
  for (const part of name.split('.')) {
    node = node?.nested?.[part];
  }
  return node;
}
