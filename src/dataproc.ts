// The entry of a fourth bundle: what only users of Dataproc need, with Google's clients. Loaded when it is first used.
import { createHash } from 'node:crypto';
import type { GoogleAccounts, GooglePlaces, SignIn } from './core/googleAccount';
import { GoogleAccess } from './dataproc/access/googleAccess';
import { signInOffers } from './dataproc/access/signInOffers';
import { DataprocBackend, type DataprocOptions } from './dataproc/dataprocBackend';
import type { GoogleApi } from './dataproc/google/googleApi';
import { RestGoogleApi } from './dataproc/google/restGoogleApi';
import { googlePlaces } from './dataproc/googlePlaces';

/** Where all of Google's services are instead: an emulator's address, as `http://127.0.0.1:8123`. */
const emulator = 'DATAPROC_EMULATOR_HOST';
const iapRelay = 'wss://tunnel.cloudproxy.app';

export interface DataprocServices {
  backend: DataprocBackend;
  accounts: GoogleAccounts;
  places: GooglePlaces;
  /** Asks as somebody else from now on; also after a sign-in, as files are read anew. */
  use(signIn: SignIn): void;
}

/** The backend over Google's own services, with one connection for each account. */
export function dataprocServices(options: Omit<DataprocOptions, 'google' | 'relay'>, signIn: SignIn): DataprocServices {
  const { logger } = options;
  const named = process.env[emulator];
  // From the environment alone: a workspace must not send tokens elsewhere.
  const endpoint = named === undefined || named === '' ? {} : { endpoint: named };
  const known = new Map<string | undefined, { access: GoogleAccess; api: GoogleApi }>();
  let chosen = signIn;
  const choiceOf = (impersonate: string | undefined): SignIn & { impersonate?: string } =>
    impersonate === undefined ? chosen : { ...chosen, impersonate };
  const connection = (impersonate: string | undefined): { access: GoogleAccess; api: GoogleApi } => {
    let found = known.get(impersonate);
    if (found === undefined) {
      const access = new GoogleAccess({ logger, ...endpoint, choice: choiceOf(impersonate) });
      found = { access, api: new RestGoogleApi({ logger, access, ...endpoint }) };
      known.set(impersonate, found);
    }
    return found;
  };
  const own = connection(undefined);
  // A label must not tell whose machine it is, and takes few characters.
  const installation = createHash('sha256').update(options.installation).digest('hex').slice(0, 16);
  const backend = new DataprocBackend({
    ...options,
    installation,
    google: (impersonate) => connection(impersonate).api,
    relay: endpoint.endpoint === undefined ? iapRelay : endpoint.endpoint.replace(/^http/, 'ws').replace(/\/+$/, ''),
  });
  return {
    backend,
    accounts: {
      who: (signal) => own.access.who(signal),
      offers: (signal) => signInOffers(own.access, { logger, ...endpoint }, signal),
    },
    places: googlePlaces(own.api.compute),
    use: (next) => {
      chosen = next;
      for (const [impersonate, { access }] of known) {
        access.use(choiceOf(impersonate));
      }
      backend.accountChanged();
    },
  };
}
