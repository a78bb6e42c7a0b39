import { formatBytes } from '../core/bytes';
import type { Logger } from '../core/ports';

/** An upload that goes on while machines start. */
export class CodeUpload {
  readonly #bytes: number;
  readonly #ended: Promise<void>;
  #going = true;

  /**
   * @param bytes size of what is sent
   * @param send sends it; whoever needs it later sends it again where that fails, and says why it cannot be
   */
  constructor(bytes: number, send: () => Promise<unknown>, logger: Logger) {
    this.#bytes = bytes;
    this.#ended = send()
      .then(
        () => undefined,
        (error: unknown) => logger.warn('The code could not be uploaded while the machines start', error),
      )
      .finally(() => {
        this.#going = false;
      });
  }

  /** Resolves at its end, whichever that is. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** What is said of it while it goes on. */
  get text(): string | undefined {
    return this.#going ? `uploading ${formatBytes(this.#bytes)} of code` : undefined;
  }
}
