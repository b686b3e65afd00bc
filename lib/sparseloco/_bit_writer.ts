/** Writes bits, least significant first, into a growing buffer. */
export class BitWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #pending = 0;
  #pendingBits = 0;

  /** Appends the low `count` bits of a value, at most 16. */
  write(value: number, count: number): void {
    this.#pending |= value << this.#pendingBits;
    this.#pendingBits += count;
    while (this.#pendingBits >= 8) {
      if (this.#length === this.#bytes.length) this.#grow();
      this.#bytes[this.#length++] = this.#pending & 255;
      this.#pending >>>= 8;
      this.#pendingBits -= 8;
    }
  }

  /** Appends a Rice code: the quotient as ones and a zero, then the `parameter` low bits. */
  writeRice(value: number, parameter: number): void {
    let quotient = value >>> parameter;
    for (; quotient >= 15; quotient -= 15) this.write(0x7fff, 15);
    this.write((1 << quotient) - 1, quotient + 1);
    this.write(value & ((1 << parameter) - 1), parameter);
  }

  /** Pads the last byte with zeros. */
  align(): void {
    if (this.#pendingBits > 0) this.write(0, 8 - this.#pendingBits);
  }

  /** Pads the last byte and returns all bytes written so far. */
  finish(): Uint8Array<ArrayBuffer> {
    this.align();
    return this.#bytes.slice(0, this.#length);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
