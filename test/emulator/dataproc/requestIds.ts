import { invalid } from '../http/apiError';
import { textOf, type Json } from '../json';

/** What was made for a request id: the same id gets it again, and nothing happens a second time. */
export class RequestIds<Result> {
  readonly #results = new Map<string, Result>();

  /** The result of the first request of a method, place and id; `act` must make it without waiting for anything. */
  once(method: string, request: Json, act: () => Result): Result {
    const id = textOf(request, 'requestId');
    if (id === '') {
      return act();
    }
    if (!/^[A-Za-z0-9_-]{1,40}$/.test(id)) {
      throw invalid(
        `Invalid request_id '${id}'. It must contain only letters, numbers, underscores and hyphens, and at most 40 of them.`,
      );
    }
    const key = [method, request['projectId'] ?? request['parent'] ?? request['name'], request['region'], id].join(' ');
    const present = this.#results.get(key);
    if (present !== undefined) {
      return present;
    }
    const result = act();
    this.#results.set(key, result);
    return result;
  }
}
