export interface Match {
  line: number;
  start: number;
  end: number;
}

/** The matches of a search, in order, in three numbers each. */
export class MatchList {
  #data = new Uint32Array(3 * 256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Forgets the matches on line `dropFrom` and below, then appends `line, start, end` triples. */
  add(dropFrom: number, triples: readonly number[]): void {
    this.#count = this.firstFrom(dropFrom, 0);
    const needed = this.#count * 3 + triples.length;
    if (needed > this.#data.length) {
      const larger = new Uint32Array(Math.max(needed, this.#data.length * 2));
      larger.set(this.#data.subarray(0, this.#count * 3));
      this.#data = larger;
    }
    this.#data.set(triples, this.#count * 3);
    this.#count += triples.length / 3;
  }

  at(index: number): Match | undefined {
    if (index < 0 || index >= this.#count) {
      return undefined;
    }
    const [line = 0, start = 0, end = 0] = this.#data.subarray(index * 3, index * 3 + 3);
    return { line, start, end };
  }

  /** Index of the first match at or after a place; `count` when there is none. */
  firstFrom(line: number, column: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.#data[middle * 3] as number;
      if (at < line || (at === line && (this.#data[middle * 3 + 1] as number) < column)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
