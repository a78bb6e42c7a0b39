import { camelCase, isJson, setAt, type Json } from '../json';
import { missingFields, parseMessage, type Violation } from '../schema/parseMessage';
import { findType, messageType, methodsOf, type HttpBinding, type Method } from '../schema/protoSchema';
import { badRequest, invalid } from './apiError';

export interface Match {
  readonly method: Method;
  readonly binding: HttpBinding;
  readonly variables: ReadonlyMap<string, string>;
}

interface Route {
  readonly method: Method;
  readonly binding: HttpBinding;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Parameters that every Google API takes. */
const systemParameters =
  /^(\$?alt|\$\.xgafv|access_token|callback|fields|key|oauth_token|prettyPrint|quotaUser|upload_protocol|uploadType)$/;

/** Messages of requests whose fields need not all be there: those of a part, of a clone, or checked in other words. */
const partial = /^(Update|InstantiateInline)/;

/** Finds methods by their paths in the published protos, and makes their requests from path, query and body. */
export class Transcoder {
  readonly #routes: Route[];

  constructor(services: readonly string[]) {
    this.#routes = methodsOf(services).flatMap((method) =>
      method.bindings.map((binding) => ({ method, binding, ...compile(binding.template) })),
    );
  }

  match(httpMethod: string, path: string): Match | undefined {
    for (const { method, binding, pattern, names } of this.#routes) {
      const found = binding.method === httpMethod ? pattern.exec(path) : null;
      if (found) {
        const values = found.slice(1).map(decodeURIComponent);
        return { method, binding, variables: new Map(names.map((name, index) => [name, values[index] ?? ''])) };
      }
    }
    return undefined;
  }

  /** The request message. Throws an ApiError for what Google's frontend refuses. */
  request({ method, binding, variables }: Match, query: URLSearchParams, body: unknown): Json {
    const violations: Violation[] = [];
    const request = this.#fromBody(method, binding, body, violations);
    addQuery(method, request, query, violations);
    if (violations.length > 0) {
      throw badRequest(violations);
    }
    for (const [name, value] of variables) {
      setAt(request, camelCase(name), value);
    }
    const name = method.name.split('.')[1] ?? '';
    const missing = missingFields(method.requestType, request).filter(
      (field) => !partial.test(name) || !field.includes('.'),
    );
    if (missing.length > 0) {
      throw badRequest(
        missing.map((field) => ({ field, description: `Required field '${field}' is missing from the request.` })),
      );
    }
    return request;
  }

  #fromBody(method: Method, binding: HttpBinding, body: unknown, violations: Violation[]): Json {
    if (binding.body === undefined) {
      if (isJson(body) && Object.keys(body).length > 0) {
        throw invalid('Invalid JSON payload received. Unexpected request body.');
      }
      return {};
    }
    if (binding.body === '*') {
      return parseMessage(method.requestType, body ?? {}, '', violations);
    }
    const name = camelCase(binding.body);
    const field = messageType(method.requestType).fields.get(name);
    return field === undefined || body === undefined
      ? {}
      : { [name]: parseMessage(field.type, body, binding.body, violations) };
  }
}

function addQuery(method: Method, request: Json, query: URLSearchParams, violations: Violation[]): void {
  const type = messageType(method.requestType);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const [first = '', ...rest] = name.split('.').map(camelCase);
    const field = type.fields.get(first);
    if (systemParameters.test(name)) {
      continue;
    }
    if (field === undefined) {
      const description = `Invalid JSON payload received. Unknown name "${name}": Cannot bind query parameter. Field '${name}' could not be found in request message.`;
      violations.push({ field: name, description });
      continue;
    }
    const fieldType = findType(field.type, type.name);
    const texts = field.type === 'bool' ? values.map((value) => value === 'true') : values;
    const numbers =
      fieldType?.kind === 'enum' ? texts.map((text) => (/^\d+$/.test(String(text)) ? Number(text) : text)) : texts;
    const json: Json = {};
    setAt(json, [first, ...rest].join('.'), field.repeated ? numbers : numbers.at(-1));
    Object.assign(request, parseMessage(method.requestType, json, '', violations));
  }
}

/** `/v1/{name=projects/…}:cancel` as an expression, with the names of its variables. */
function compile(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = template.replace(/\{([^}=]+)(?:=([^}]+))?\}|[^{]+/g, (part, name?: string, inner?: string) => {
    if (name === undefined) {
      return escape(part);
    }
    names.push(name);
    const segments = (inner ?? '*').split('*').map(escape).join('[^/]+?');
    return `(${segments})`;
  });
  return { pattern: new RegExp(`^${source}$`), names };
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
