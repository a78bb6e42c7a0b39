import { isCancelled } from '../core/errors';
import { Emitter, type Disposable } from '../core/event';
import type { GoogleAccounts } from '../core/googleAccount';
import type { Logger } from '../core/ports';
import type { Settings } from './settings';

/**
 * Whom Google Cloud is asked as, for those who look at its clusters. Nobody is asked, and nothing is loaded, where no
 * profile is of Dataproc.
 */
export class SignedInAccount implements Disposable {
  readonly #changed = new Emitter<void>();
  readonly #subscription: Disposable;
  #stop = new AbortController();
  #asked = false;
  #account: string | undefined;

  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly settings: Pick<Settings, 'dataprocProfiles' | 'onDidChange'>,
    private readonly accounts: Pick<GoogleAccounts, 'who'>,
    private readonly logger: Pick<Logger, 'info'>,
  ) {
    this.#subscription = settings.onDidChange((id) => {
      if (id === 'dask.profiles') {
        this.#changed.fire();
      }
    });
  }

  /** E-mail, or what is known instead; undefined while it is not, and where no profile is of Dataproc. */
  get account(): string | undefined {
    return this.settings.dataprocProfiles().length === 0 ? undefined : this.#account;
  }

  /** `me@example.com · my-project`: whom Google is asked as, and about what. */
  get text(): string | undefined {
    const projects = [...new Set(this.settings.dataprocProfiles().map(({ project }) => project))];
    const where = projects.length === 1 ? projects[0] : `${projects.length} projects`;
    return this.account === undefined ? undefined : `${this.account} · ${where}`;
  }

  /** Asks once; gcloud takes a second to answer. */
  look(): void {
    if (!this.#asked && this.settings.dataprocProfiles().length > 0) {
      this.#asked = true;
      void this.#ask();
    }
  }

  /** Somebody has signed in, or been chosen. */
  lookAgain(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#asked = false;
    this.look();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#stop.abort();
    this.#changed.dispose();
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    let account: string;
    try {
      account = (await this.accounts.who(signal)).account ?? 'application default credentials';
    } catch (error) {
      if (isCancelled(error)) {
        return;
      }
      this.logger.info('Nobody is known to Google Cloud:', error instanceof Error ? error.message : String(error));
      account = 'not signed in';
    }
    if (!signal.aborted && account !== this.#account) {
      this.#account = account;
      this.#changed.fire();
    }
  }
}
