import type { Profile } from './profile';

/** What a run, or a cluster that is made by hand, will do, told before anything is uploaded or created. Prices have their place after `machines`. */
export interface Receipt {
  /** Where, and as whom: `project etl in europe-west1, as ann@example.com`. */
  place: string;
  /** What is uploaded, as a sentence, and what on purpose is not. Without a run nothing is. */
  upload: string | undefined;
  notUploaded: readonly string[];
  /** What may turn out otherwise than the script or its packages say, as sentences. */
  notes: readonly string[];
  /** What is created, or which cluster is used, as sentences. */
  machines: readonly string[];
  /** When it is deleted, as sentences. */
  end: readonly string[];
}

/** Shows a receipt to whoever started the run. Implemented in `host/`. */
export interface ReceiptAsker {
  /**
   * Resolves when the run may go on. Throws CancelledError where it may not.
   * @param scope the file or folder that is run, absolute
   */
  agree(name: string, receipt: Receipt, profile: Profile, signal: AbortSignal, scope: string): Promise<void>;
}
