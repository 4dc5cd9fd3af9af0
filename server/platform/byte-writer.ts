const shortText = 64

/**
 * A growing block of bytes, numbers in network order, as PostgreSQL's binary formats want them. One writer can make many
 * pieces one after the other (`take`), which share blocks.
 */
export class ByteWriter {
  #buffer: Buffer
  /** Where the piece that is being written begins. */
  #start = 0
  #length = 0
  readonly #blockBytes: number

  /** `blockBytes`: what one piece is expected to take, or many that share a block. */
  constructor(blockBytes: number) {
    this.#blockBytes = blockBytes
    this.#buffer = Buffer.allocUnsafe(blockBytes)
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

  int32s(first: number, second: number): void {
    this.#reserve(8)
    this.#putInt32(first, this.#length)
    this.#putInt32(second, this.#length + 4)
    this.#length += 8
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

  /** Bytes of another block, without a view of them being made first. */
  copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    from.copy(this.#buffer, this.#length, start, end)
    this.#length += end - start
  }

  /** Bytes of this piece so far: where the next one comes to stand. */
  get length(): number {
    return this.#length - this.#start
  }

  /** Leaves room for a length that `endLength` fills in; gives where the counted bytes begin. */
  beginLength(): number {
    this.int32(0)
    return this.length
  }

  endLength(beginning: number): void {
    this.#putInt32(this.length - beginning, this.#start + beginning - 4)
  }

  #putInt32(value: number, at: number): void {
    const buffer = this.#buffer
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
  }

  /** Ends the piece and gives its bytes; what is written from now on is another one. */
  take(): Buffer {
    const piece = this.#buffer.subarray(this.#start, this.#length)
    this.#start = this.#length
    return piece
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    // Pieces that were taken keep the old block; only the one being written moves, with room for as much again.
    const block = Buffer.allocUnsafe(Math.max(this.#blockBytes, 2 * (this.length + bytes)))
    this.#buffer.copy(block, 0, this.#start, this.#length)
    this.#length -= this.#start
    this.#start = 0
    this.#buffer = block
  }
}
