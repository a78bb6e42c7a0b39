import type { Logger } from '../../core/ports';
import { objectAt, textAt } from '../google/wire';
import type { Access, AccessSource, Identity } from './access';
import { ApplicationDefault } from './applicationDefault';
import { readCredentialsFile, type CredentialsFile } from './credentialsFile';
import { Gcloud, findGcloud, type Environment, type GcloudAccount } from './gcloud';
import { Impersonation } from './impersonation';
import { isGoogleMachine, MachineAccount } from './machineAccount';
import { credentialsUnreadable, noCredentials, notSignedIn, signInEnded } from './signInErrors';
import { TokenCache } from './tokenCache';
import type { TokenSource } from './tokenSource';

export interface AccessChoice {
  /** Default: application default credentials where there are some, and else gcloud. */
  source?: AccessSource;
  /** One of gcloud's accounts; default the active one. Chooses gcloud. */
  account?: string;
  /** Default: the project that the source names. */
  project?: string;
  /** E-mail of a service account to act as. */
  impersonate?: string;
}

export interface GoogleAccessOptions {
  choice?: AccessChoice;
  logger: Logger;
  /** Default that of this process. */
  environment?: Environment;
  /** Of all services, as `http://127.0.0.1:8123` of the emulator; default Google's own. */
  endpoint?: string;
  /** Milliseconds since 1970; for tests. */
  now?: () => number;
}

/** Whom Google takes us for, as it was chosen. Tokens are in memory alone. */
export class GoogleAccess implements Access {
  readonly #options: GoogleAccessOptions;
  #choice: AccessChoice;
  #source: Promise<TokenSource> | undefined;
  #found: TokenSource | undefined;
  #cache: TokenCache;

  constructor(options: GoogleAccessOptions) {
    this.#options = options;
    this.#choice = options.choice ?? {};
    this.#cache = this.#newCache();
  }

  get choice(): AccessChoice {
    return this.#choice;
  }

  get quotaProject(): string | undefined {
    return this.#found?.quotaProject;
  }

  /** Someone else from now on; also after a sign-in, as files are read anew. */
  use(choice: AccessChoice): void {
    this.#choice = choice;
    this.#source = undefined;
    this.#found = undefined;
    this.#cache = this.#newCache();
  }

  token(signal: AbortSignal): Promise<string> {
    return this.#cache.token(signal);
  }

  refused(token: string): void {
    this.#cache.refused(token);
  }

  unaccepted(failure: Error): Error {
    const { source = 'applicationDefault', account } = this.#choice;
    return signInEnded(this.#found?.kind ?? source, false, account, failure);
  }

  async who(signal: AbortSignal): Promise<Identity> {
    const source = await this.#get();
    const account = await source.account(signal);
    const project = this.#choice.project ?? (await this.#project(source, signal));
    const by = source instanceof Impersonation ? await source.impersonatedBy(signal) : undefined;
    return { account, project, source: source.kind, ...(by === undefined ? {} : { impersonatedBy: by }) };
  }

  /** Accounts to choose from; none without gcloud. */
  async accounts(signal: AbortSignal): Promise<readonly GcloudAccount[]> {
    const environment = this.#environment;
    return (await findGcloud(environment)) === undefined ? [] : new Gcloud(environment).accounts(signal);
  }

  get #environment(): Environment {
    return this.#options.environment ?? process.env;
  }

  #newCache(): TokenCache {
    return new TokenCache(async (signal) => {
      const source = await this.#get();
      return source.fetch(signal);
    }, this.#options.now);
  }

  /** gcloud's own project, where the credentials name none and it is there. */
  async #project(source: TokenSource, signal: AbortSignal): Promise<string | undefined> {
    const project = await source.project(signal);
    return project ?? (source.kind === 'gcloud' ? undefined : this.#gcloudProject(signal));
  }

  async #gcloudProject(signal: AbortSignal): Promise<string | undefined> {
    try {
      return await new Gcloud(this.#environment).project(signal);
    } catch {
      return undefined;
    }
  }

  /** What was found stays; what failed is looked for again, as somebody may have signed in. */
  async #get(): Promise<TokenSource> {
    const searching = (this.#source ??= this.#find());
    try {
      const found = await searching;
      if (this.#source === searching) {
        this.#found = found;
      }
      return found;
    } catch (error) {
      if (this.#source === searching) {
        this.#source = undefined;
      }
      throw error;
    }
  }

  async #find(): Promise<TokenSource> {
    const { impersonate } = this.#choice;
    const source = await this.#base();
    return impersonate === undefined ? source : this.#as(source, impersonate);
  }

  async #base(): Promise<TokenSource> {
    const environment = this.#environment;
    const { source, account } = this.#choice;
    const gcloud = new Gcloud(environment, account, this.#options.now);
    if (source === 'gcloud' || (source === undefined && account !== undefined)) {
      return gcloud;
    }
    const file = await readCredentialsFile(environment);
    if (file !== undefined) {
      return this.#ofFile(file);
    }
    if (await isGoogleMachine(environment)) {
      return new MachineAccount(environment);
    }
    if (source === 'applicationDefault') {
      throw notSignedIn('applicationDefault');
    }
    if ((await findGcloud(environment)) === undefined) {
      throw noCredentials();
    }
    return gcloud;
  }

  #ofFile(file: CredentialsFile): TokenSource {
    const { path, json } = file;
    if (json.type !== 'impersonated_service_account') {
      return new ApplicationDefault(file, this.#environment);
    }
    const url = textAt(json, 'service_account_impersonation_url');
    const target = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(url)?.[1];
    const source = objectAt(json, 'source_credentials');
    if (target === undefined || typeof source['type'] !== 'string') {
      throw credentialsUnreadable(path, 'lack what their type needs');
    }
    const quota = textAt(json, 'quota_project_id');
    const inner = { ...source, type: source['type'], ...(quota === '' ? {} : { quota_project_id: quota }) };
    const delegates = Array.isArray(json['delegates']) ? (json['delegates'] as unknown[]).map(String) : [];
    return this.#as(new ApplicationDefault({ path, json: inner }, this.#environment), target, delegates);
  }

  #as(source: TokenSource, target: string, delegates: readonly string[] = []): TokenSource {
    const { endpoint = 'https://iamcredentials.googleapis.com', logger } = this.#options;
    return new Impersonation(source, { target, delegates, endpoint: new URL(endpoint).origin, logger });
  }
}
