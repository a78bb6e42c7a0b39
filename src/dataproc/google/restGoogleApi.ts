import type { Logger } from '../../core/ports';
import type { Access } from '../access/access';
import { ComputeCalls } from './computeCalls';
import { DataprocCalls } from './dataprocCalls';
import type { ComputeApi, DataprocApi, GoogleApi, LoggingApi, StorageApi } from './googleApi';
import { GoogleClients } from './googleClients';
import { LoggingCalls } from './loggingCalls';
import { StorageCalls } from './storageCalls';
import { Transport } from './transport';

export interface GoogleApiOptions {
  /** Of all services, as `http://127.0.0.1:8123` of the emulator; default Google's own. */
  endpoint?: string;
  access: Access;
  logger: Logger;
}

/** Google Cloud over REST: composition root of this folder. */
export class RestGoogleApi implements GoogleApi {
  readonly dataproc: DataprocApi;
  readonly storage: StorageApi;
  readonly logging: LoggingApi;
  readonly compute: ComputeApi;
  readonly #access: Access;
  readonly #transport: Transport;

  constructor({ endpoint, access, logger }: GoogleApiOptions) {
    const originOf = (host: string): string => (endpoint === undefined ? `https://${host}` : new URL(endpoint).origin);
    const transport = new Transport(access, logger);
    const clients = new GoogleClients(transport);
    this.dataproc = new DataprocCalls(clients, transport, originOf);
    this.storage = new StorageCalls(transport, originOf);
    this.logging = new LoggingCalls(clients, originOf);
    this.compute = new ComputeCalls(transport, originOf);
    this.#access = access;
    this.#transport = transport;
  }

  async account(signal: AbortSignal): Promise<string | undefined> {
    return (await this.#access.who(signal)).account;
  }

  token(signal: AbortSignal): Promise<string> {
    return this.#transport.token(signal);
  }
}
