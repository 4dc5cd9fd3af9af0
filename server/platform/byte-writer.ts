const shortText = 64

/** A growing block of bytes, numbers in network order, as PostgreSQL's binary formats want them. */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor(expectedBytes: number) {
    this.#buffer = Buffer.allocUnsafe(expectedBytes)
  }

  int8(value: number): void {
    this.#reserve(1)
    this.#length = this.#buffer.writeInt8(value, this.#length)
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#length = this.#buffer.writeInt16BE(value, this.#length)
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#putInt32(value, this.#length)
    this.#length += 4
  }

  int64(value: bigint): void {
    const number = Number(value)
    if (Number.isSafeInteger(number)) {
      this.wholeInt64(number)
      return
    }
    this.#reserve(8)
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length)
  }

  /** Eight bytes of a safe integer: in halves, as the bits of a bigint are each made on the heap. */
  wholeInt64(value: number): void {
    this.#reserve(8)
    const high = Math.floor(value / 2 ** 32)
    this.#putInt32(high, this.#length)
    this.#putInt32(value - high * 2 ** 32, this.#length + 4)
    this.#length += 8
  }

  /** In UTF-8, without its length. */
  text(value: string): void {
    // No character takes more than three bytes for each of its UTF-16 units.
    this.#reserve(value.length * 3)
    if (value.length > shortText || !this.#putAscii(value)) this.#length += this.#buffer.write(value, this.#length)
  }

  /** For ids and codes: a call into Node's own code costs more than the whole loop. False, with nothing done, for other text. */
  #putAscii(value: string): boolean {
    const buffer = this.#buffer
    const at = this.#length
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) return false
      buffer[at + index] = code
    }
    this.#length = at + value.length
    return true
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Leaves room for a length that `endLength` fills in; gives where the counted bytes begin. */
  beginLength(): number {
    this.int32(0)
    return this.#length
  }

  endLength(beginning: number): void {
    this.#putInt32(this.#length - beginning, beginning - 4)
  }

  #putInt32(value: number, at: number): void {
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
