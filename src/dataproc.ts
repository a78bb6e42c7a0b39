// The entry of a fourth bundle: what only users of Dataproc need, with Google's clients. Loaded when it is first used.
import { createHash } from 'node:crypto';
import { GoogleAccess } from './dataproc/access/googleAccess';
import { DataprocBackend, type DataprocOptions } from './dataproc/dataprocBackend';
import type { GoogleApi } from './dataproc/google/googleApi';
import { RestGoogleApi } from './dataproc/google/restGoogleApi';

/** Where all of Google's services are instead: an emulator's address, as `http://127.0.0.1:8123`. */
const emulator = 'DATAPROC_EMULATOR_HOST';

/** The backend over Google's own services, with one connection for each account. */
export function dataprocBackend(options: Omit<DataprocOptions, 'google'>): DataprocBackend {
  const { logger } = options;
  const named = process.env[emulator];
  // From the environment alone: a workspace must not send tokens elsewhere.
  const endpoint = named === undefined || named === '' ? {} : { endpoint: named };
  const known = new Map<string | undefined, GoogleApi>();
  const google = (impersonate: string | undefined): GoogleApi => {
    let api = known.get(impersonate);
    if (api === undefined) {
      const access = new GoogleAccess({
        logger,
        ...endpoint,
        choice: impersonate === undefined ? {} : { impersonate },
      });
      api = new RestGoogleApi({ logger, access, ...endpoint });
      known.set(impersonate, api);
    }
    return api;
  };
  // A label must not tell whose machine it is, and takes few characters.
  const installation = createHash('sha256').update(options.installation).digest('hex').slice(0, 16);
  return new DataprocBackend({ ...options, installation, google });
}
