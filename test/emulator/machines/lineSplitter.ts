import { StringDecoder } from 'node:string_decoder';

/** Lines of text that comes in pieces. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  write(bytes: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = lines.pop() ?? '';
    lines.forEach(this.onLine);
  }

  end(): void {
    const rest = this.#rest + this.#decoder.end();
    if (rest !== '') {
      this.onLine(rest);
    }
  }
}
