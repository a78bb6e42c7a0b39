import {
  ExternalAccountAuthorizedUserClient,
  ExternalAccountClient,
  gaxios,
  JWT,
  UserRefreshClient,
} from 'google-auth-library';
import type {
  AuthClient,
  ExternalAccountAuthorizedUserClientOptions,
  ExternalAccountClientOptions,
} from 'google-auth-library';
import { isCancelled } from '../../core/errors';
import { GoogleError } from '../google/googleApi';
import { textAt } from '../google/wire';
import type { CredentialsFile } from './credentialsFile';
import type { Environment } from './gcloud';
import { plainFetch } from './plainHttp';
import { credentialsUnreadable, signInEnded, tokenRefused } from './signInErrors';
import type { Token, TokenSource } from './tokenSource';

const scopes = ['https://www.googleapis.com/auth/cloud-platform'];
/** Where tokens do not say when they end. Milliseconds. */
const usualLife = 55 * 60_000;

/** A file of application default credentials: a user, a service account, or somebody whom another place vouches for. */
export class ApplicationDefault implements TokenSource {
  readonly kind = 'applicationDefault';
  readonly quotaProject: string | undefined;
  readonly #client: AuthClient;

  constructor(
    private readonly file: CredentialsFile,
    private readonly environment: Environment,
  ) {
    const named = environment['GOOGLE_CLOUD_QUOTA_PROJECT'] ?? textAt(file.json, 'quota_project_id');
    this.quotaProject = named === '' ? undefined : named;
    this.#client = clientOf(file);
  }

  async fetch(): Promise<Token> {
    try {
      // A client keeps its token until shortly before its end: it must not, as it was refused, or is near it for us.
      this.#client.setCredentials({ ...this.#client.credentials, access_token: null, expiry_date: 1 });
      const { token } = await this.#client.getAccessToken();
      if (typeof token !== 'string' || token === '') {
        throw tokenRefused('its answer was empty.');
      }
      return { value: token, endsAt: this.#client.credentials.expiry_date ?? Date.now() + usualLife };
    } catch (error) {
      throw plainError(error);
    }
  }

  /** Newer files of gcloud say it; older ones do not. */
  account(): Promise<string | undefined> {
    const { json } = this.file;
    const names = [textAt(json, 'account'), textAt(json, 'client_email')];
    return Promise.resolve(names.find((name) => name !== ''));
  }

  project(): Promise<string | undefined> {
    const { environment: env, file } = this;
    const names = [
      env['GOOGLE_CLOUD_PROJECT'],
      env['GCLOUD_PROJECT'],
      textAt(file.json, 'project_id'),
      this.quotaProject,
    ];
    return Promise.resolve(names.find((name) => name !== undefined && name !== ''));
  }
}

function clientOf({ path, json }: CredentialsFile): AuthClient {
  const transporter = new gaxios.Gaxios({ fetchImplementation: plainFetch });
  try {
    switch (json.type) {
      case 'authorized_user': {
        // Another place than Google's, as an emulator writes it.
        const uri = textAt(json, 'token_uri');
        const client = new UserRefreshClient({
          transporter,
          ...(uri === '' ? {} : { endpoints: { oauth2TokenUrl: uri } }),
        });
        client.fromJSON(json);
        return client;
      }
      case 'service_account': {
        const client = new JWT({ transporter, scopes });
        client.fromJSON(json);
        return client;
      }
      case 'external_account': {
        const options = { ...json, transporter, scopes } as unknown as ExternalAccountClientOptions;
        const client = ExternalAccountClient.fromJSON(options);
        if (client !== null) {
          return client;
        }
        break;
      }
      case 'external_account_authorized_user':
        return new ExternalAccountAuthorizedUserClient({
          ...json,
          transporter,
        } as unknown as ExternalAccountAuthorizedUserClientOptions);
    }
  } catch {
    throw credentialsUnreadable(path, 'lack what their type needs');
  }
  throw credentialsUnreadable(path, `are of the type ${json.type}, which is not known`);
}

/** Without what the library knows of the request: it holds secrets. */
function plainError(error: unknown): Error {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof GoogleError || isCancelled(at) || at.name === 'UserError') {
      return at;
    }
  }
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  const data = typeof response === 'object' && response !== null && 'data' in response ? response.data : undefined;
  const [code, text, subtype] = ['error', 'error_description', 'error_subtype'].map((key) => textAt(data, key));
  if (code === 'invalid_grant') {
    return signInEnded('applicationDefault', subtype === 'invalid_rapt' || /reauth|rapt/i.test(text ?? ''));
  }
  if (code !== undefined && code !== '') {
    return tokenRefused(text === undefined || text === '' ? code : text);
  }
  const status =
    typeof response === 'object' && response !== null && 'status' in response ? response.status : undefined;
  return typeof status === 'number'
    ? new GoogleError(`No token was given: HTTP status ${status}`, { status })
    : tokenRefused(error instanceof Error ? error.message : String(error));
}
