import { ApiError } from '../http/apiError';

/** An error as Cloud Storage's JSON API words it. */
export class StorageError extends ApiError {
  readonly #httpStatus: number;
  readonly #reason: string;

  constructor(httpStatus: number, reason: string, message: string) {
    super('UNKNOWN', message);
    this.#httpStatus = httpStatus;
    this.#reason = reason;
  }

  override get httpStatus(): number {
    return this.#httpStatus;
  }

  override body(): unknown {
    const { message } = this;
    const errors = [{ message, domain: 'global', reason: this.#reason }];
    return { error: { code: this.#httpStatus, message, errors } };
  }
}

export function noSuchObject(bucket: string, name: string): StorageError {
  return new StorageError(404, 'notFound', `No such object: ${bucket}/${name}`);
}

export function conditionNotMet(): StorageError {
  return new StorageError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
}
