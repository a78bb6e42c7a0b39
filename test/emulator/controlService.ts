import type { Clock } from './clock';
import type { ClusterController } from './dataproc/clusterController';
import type { Faults } from './faults';
import { invalid, notFound } from './http/apiError';
import { readBody, readJson, type Answer, type ApiRequest, type Call, type Service } from './http/call';
import type { Tokens } from './http/tokens';
import { isJson, type Json, textOf } from './json';

export interface ControlParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly clusters: ClusterController;
  /** Calls so far, by name. */
  readonly counts: () => ReadonlyMap<string, number>;
}

const prefix = '/_emulator';

/** What tests tell the emulator, and the places where tokens come from. Needs no token. */
export class ControlService implements Service {
  constructor(private readonly parts: ControlParts) {}

  route(request: ApiRequest): Call | undefined {
    if (request.path === '/token' && request.method === 'POST') {
      return { name: 'oauth.token', run: () => this.#refresh(request) };
    }
    if (request.path === '/oauth2/v3/tokeninfo') {
      return { name: 'oauth.tokeninfo', run: () => this.#tokenInfo(request) };
    }
    if (request.path !== prefix && !request.path.startsWith(`${prefix}/`)) {
      return undefined;
    }
    const name = `${request.method} ${request.path.slice(prefix.length)}`;
    return { name, run: async () => ({ status: 200, body: await this.#act(name, await this.#body(request)) }) };
  }

  async #act(name: string, body: Json): Promise<object> {
    const { clock, faults, tokens, clusters, counts } = this.parts;
    switch (name) {
      case 'GET ':
        return {
          time: clock.timestamp(),
          calls: Object.fromEntries(counts()),
          clusters: clusters.all().map((record) => ({ name: record.name, state: record.state })),
        };
      case 'GET /faults':
        return faults.list();
      case 'POST /faults':
        faults.add(body);
        return faults.list();
      case 'DELETE /faults':
        faults.clear();
        return faults.list();
      case 'GET /clock':
        return { time: clock.timestamp() };
      case 'POST /clock':
        clock.jump(number(body, 'jumpSeconds') * 1000);
        return { time: clock.timestamp() };
      case 'POST /preempt': {
        const record = clusters.all().find((one) => one.cluster.clusterName === body['cluster']);
        if (record === undefined) {
          throw notFound(`Cluster ${textOf(body, 'cluster')}`);
        }
        return { preempted: await clusters.preempt(record, number(body, 'count', 1)) };
      }
      case 'POST /tokens': {
        const email = typeof body['email'] === 'string' ? body['email'] : undefined;
        return { token: tokens.issue(email, number(body, 'lifetimeSeconds', 3600)) };
      }
      case 'DELETE /tokens':
        tokens.revoke(textOf(body, 'token'));
        return {};
      default:
        throw notFound(name);
    }
  }

  async #body(request: ApiRequest): Promise<Json> {
    const body = (await readJson(request.message)) ?? {};
    if (!isJson(body)) {
      throw invalid('The body must be an object.');
    }
    return body;
  }

  /** As https://oauth2.googleapis.com/token answers a refresh token or an assertion. */
  async #refresh(request: ApiRequest): Promise<Answer> {
    const text = (await readBody(request.message)).toString('utf8');
    const form = text.startsWith('{')
      ? new URLSearchParams(JSON.parse(text) as Record<string, string>)
      : new URLSearchParams(text);
    const refreshToken = form.get('refresh_token') ?? form.get('assertion') ?? '';
    if (refreshToken === '' || refreshToken === 'revoked') {
      return { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } };
    }
    const token = this.parts.tokens.issue();
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  }

  #tokenInfo({ query }: ApiRequest): Answer {
    try {
      const email = this.parts.tokens.check(`Bearer ${query.get('access_token') ?? ''}`);
      return { status: 200, body: { email, scope: 'https://www.googleapis.com/auth/cloud-platform' } };
    } catch {
      return { status: 400, body: { error: 'invalid_token', error_description: 'Invalid Value' } };
    }
  }
}

function number(body: Json, name: string, usual?: number): number {
  const value = body[name] ?? usual;
  if (typeof value !== 'number') {
    throw invalid(`'${name}' must be a number.`);
  }
  return value;
}
