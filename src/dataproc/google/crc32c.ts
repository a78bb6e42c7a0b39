/** CRC-32 of Castagnoli, which Cloud Storage keeps of every object; node's `zlib.crc32` is another one. */
export class Crc32c {
  #value = 0xffffffff;

  update(bytes: Uint8Array): this {
    let value = this.#value;
    for (const byte of bytes) {
      value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
    }
    this.#value = value;
    return this;
  }

  /** As Cloud Storage writes it: base64 of four bytes, the highest first. */
  digest(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(~this.#value >>> 0);
    return bytes.toString('base64');
  }
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = value & 1 ? 0x82f63b78 ^ (value >>> 1) : value >>> 1;
  }
  return value;
});
