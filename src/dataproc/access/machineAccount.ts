import { readFile } from 'node:fs/promises';
import { GoogleError } from '../google/googleApi';
import type { Environment } from './gcloud';
import { plainFetch } from './plainHttp';
import { notSignedIn } from './signInErrors';
import type { Token, TokenSource } from './tokenSource';

/** It is on the machine, or it is not there. Milliseconds. */
const patience = 5_000;

/**
 * Whether this is a machine of Google, with a metadata server. Elsewhere its name is not looked up, which may take
 * seconds: the firmware says it, or the environment.
 */
export async function isGoogleMachine(environment: Environment): Promise<boolean> {
  if ([environment['GCE_METADATA_HOST'], environment['K_SERVICE'], environment['CLOUD_RUN_JOB']].some(Boolean)) {
    return true;
  }
  const product = await readFile('/sys/class/dmi/id/product_name', 'utf8').catch(() => '');
  return product.startsWith('Google');
}

/** The service account of the machine that this runs on, such as a Cloud Workstation or a notebook's VM. */
export class MachineAccount implements TokenSource {
  readonly kind = 'applicationDefault';
  readonly #origin: string;

  constructor(private readonly environment: Environment) {
    const host = environment['GCE_METADATA_HOST'];
    this.#origin = `http://${host === undefined || host === '' ? 'metadata.google.internal' : host}`;
  }

  async fetch(signal: AbortSignal): Promise<Token> {
    const answer = JSON.parse(await this.#read('instance/service-accounts/default/token', signal)) as {
      access_token: string;
      expires_in: number;
    };
    return { value: answer.access_token, endsAt: Date.now() + answer.expires_in * 1000 };
  }

  account(signal: AbortSignal): Promise<string | undefined> {
    return this.#read('instance/service-accounts/default/email', signal);
  }

  async project(signal: AbortSignal): Promise<string | undefined> {
    return this.environment['GOOGLE_CLOUD_PROJECT'] ?? (await this.#read('project/project-id', signal));
  }

  async #read(path: string, signal: AbortSignal): Promise<string> {
    const late = AbortSignal.timeout(patience);
    const response = await plainFetch(`${this.#origin}/computeMetadata/v1/${path}`, {
      headers: { 'Metadata-Flavor': 'Google' },
      signal: AbortSignal.any([signal, late]),
    }).catch((error: unknown) => {
      throw late.aborted && !signal.aborted
        ? new GoogleError(`The metadata server of this machine gave no answer in ${patience / 1000} s`, {
            code: 'UNAVAILABLE',
          })
        : error;
    });
    if (!response.ok) {
      // The machine has no service account.
      throw notSignedIn('applicationDefault');
    }
    return (await response.text()).trim();
  }
}
