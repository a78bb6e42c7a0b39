import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Tokens } from '../http/tokens';
import type { ClusterSite, Machine } from './clusterMachines';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];

/** The metadata server of one machine. */
export class MetadataServer {
  readonly #server: Server;
  readonly #attributes: Readonly<Record<string, string>>;

  constructor(
    private readonly site: ClusterSite,
    private readonly machine: Machine,
    private readonly tokens: Tokens,
  ) {
    this.#attributes = attributes(site, machine);
    this.#server = createServer((request, response) => {
      response.setHeader('Metadata-Flavor', 'Google');
      if (request.headers['metadata-flavor'] !== 'Google') {
        end(response, 403, 'Missing required header "Metadata-Flavor": "Google"');
        return;
      }
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://metadata.google.internal');
      const path = pathname.replace(/^\/(computeMetadata\/v1\/?)?/, '');
      if (searchParams.get('recursive') === 'true' && /^instance\/service-accounts\/[^/]+\/$/.test(path)) {
        // What Google's client libraries ask before any token.
        end(response, 200, JSON.stringify({ aliases: ['default'], email: site.serviceAccount, scopes }));
        return;
      }
      const value = this.#value(path);
      end(response, value === undefined ? 404 : 200, value ?? 'Not Found');
    });
  }

  /** Resolves with `HOST:PORT`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #value(path: string): string | undefined {
    const { site, machine } = this;
    const attribute = /^instance\/attributes\/(.*)$/.exec(path)?.[1];
    if (attribute !== undefined) {
      const names = Object.keys(this.#attributes);
      return attribute === '' ? `${names.join('\n')}\n` : this.#attributes[decodeURIComponent(attribute)];
    }
    const account = /^instance\/service-accounts\/[^/]+\/(\w+)$/.exec(path)?.[1];
    switch (account ?? path) {
      case '':
        return 'instance/\nproject/\n';
      case 'project/project-id':
        return site.projectId;
      case 'project/numeric-project-id':
        return '123456789012';
      case 'instance/name':
        return machine.name;
      case 'instance/hostname':
        return `${machine.name}.c.${site.projectId}.internal`;
      case 'instance/zone':
        return `projects/123456789012/zones/${site.zone}`;
      case 'instance/machine-type':
        return `projects/123456789012/machineTypes/${machine.machineType}`;
      case 'email':
        return site.serviceAccount;
      case 'scopes':
        return `${scopes.join('\n')}\n`;
      case 'token':
        return JSON.stringify({
          access_token: this.tokens.issue(site.serviceAccount),
          expires_in: 3600,
          token_type: 'Bearer',
        });
      default:
        return undefined;
    }
  }
}

function attributes(site: ClusterSite, machine: Machine): Record<string, string> {
  return {
    ...site.metadata,
    'dataproc-bucket': site.configBucket,
    'dataproc-cluster-name': site.clusterName,
    'dataproc-cluster-uuid': site.clusterUuid,
    'dataproc-master': site.master,
    'dataproc-region': site.region,
    'dataproc-role': machine.role === 'master' ? 'Master' : 'Worker',
    'dataproc-temp-bucket': site.tempBucket,
    'dataproc-worker-count': String(site.workerCount),
  };
}

function end(response: ServerResponse, status: number, text: string): void {
  const type = text.startsWith('{') ? 'application/json' : 'application/text';
  response.writeHead(status, { 'Content-Type': type }).end(text);
}
