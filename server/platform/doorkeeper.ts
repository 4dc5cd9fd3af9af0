/**
 * Refusals by the thousand. Of all that arrives node:http makes a request and a response with their streams, which is more
 * than half of what a refusal costs. A server three times over its capacity would have its one thread do little else, so while
 * it is full connections are read here first. What is plainly one whole request waits in line, as bytes, for a small share of
 * the thread's time, and is then answered with a text, or let in where there is room by now. All else (a piece of a request,
 * two at once, an unusual head) goes on to node:http at once.
 */
import type { Socket } from 'node:net'

export interface Doorkeeper {
  /**
   * From now on what comes on this connection is looked at first. At least one request must have been read by node:http, which
   * would take the connection for one that has never sent any, and end it.
   */
  watch(socket: Socket): void
  /** Nobody waits any longer. */
  close(): void
}

export interface DoorkeeperOptions {
  /** Milliseconds, monotonic. */
  now(): number
  isFull(): boolean
  /** Every request that came on this connection before is read and answered. */
  isIdle(socket: Socket): boolean
  /** The whole answer, in ASCII, to a request with this head. */
  refusalOf(head: string): string
}

/** What is spent on refusals, of the time of everything else: whoever is refused loses little by a wait, whoever buys much. */
const share = 0.1
/** A turn of the event loop in which little else was done has time for some, too. */
const leastMs = 0.2
/** They are told to come back in seconds, so some of those may pass before they are told; then the share is no more kept to. */
const longestWaitMs = 2_000

interface Waiting {
  readonly head: string
  readonly bytes: Buffer
  readonly since: number
}

export function createDoorkeeper({ now, isFull, isIdle, refusalOf }: DoorkeeperOptions): Doorkeeper {
  /** The listeners of node:http to the data of a watched connection. */
  const readers = new WeakMap<Socket, readonly ((bytes: Buffer) => void)[]>()
  const line = new Map<Socket, Waiting>()
  let turnEndedAt = 0

  function pass(socket: Socket, bytes: Buffer): void {
    for (const read of readers.get(socket)!) read.call(socket, bytes)
  }

  function receive(socket: Socket, bytes: Buffer): void {
    const before = take(socket)
    // Whoever does not take its answers is slowed down by node:http; here they would pile up.
    const waits = before === undefined && isFull() && isIdle(socket) && socket.writableLength === 0
    const head = waits ? headOfWhole(bytes) : null
    if (head === null) {
      // In one piece: after the first node:http may want no other.
      pass(socket, before === undefined ? bytes : Buffer.concat([before.bytes, bytes]))
      return
    }
    line.set(socket, { head, bytes, since: now() })
    if (line.size > 1) return
    turnEndedAt = now()
    setImmediate(turn)
  }

  function take(socket: Socket): Waiting | undefined {
    const waiting = line.get(socket)
    if (waiting !== undefined) line.delete(socket)
    return waiting
  }

  function serve(socket: Socket): void {
    const waiting = take(socket)
    if (waiting === undefined || !socket.writable) return
    if (isFull()) socket.write(refusalOf(waiting.head), 'latin1')
    else pass(socket, waiting.bytes)
  }

  function turn(): void {
    const startedAt = now()
    const until = startedAt + Math.max(leastMs, (startedAt - turnEndedAt) * share)
    for (const [socket, { since }] of line) {
      const time = now()
      if (time >= until && time - since < longestWaitMs) break
      serve(socket)
    }
    turnEndedAt = now()
    if (line.size > 0) setImmediate(turn)
  }

  return {
    close() {
      for (const socket of line.keys()) serve(socket)
    },
    watch(socket) {
      if (readers.has(socket)) return
      readers.set(socket, socket.listeners('data') as ((bytes: Buffer) => void)[])
      socket.removeAllListeners('data')
      // node:http reads a connection natively until somebody else listens to its data: then it comes by events.
      socket.on('data', (bytes: Buffer) => receive(socket, bytes))
      // Behind its last request a client may close its side, and node:http the other one then.
      socket.prependListener('end', () => serve(socket))
      socket.on('close', () => line.delete(socket))
    },
  }
}

const endOfHead = Buffer.from('\r\n\r\n')
/** HEAD is answered without a body, OPTIONS and CONNECT are rare; whoever watches the server is let in. */
const plainRequest = /^(?:GET|POST|PUT|PATCH|DELETE) \/(?!healthz|readyz|metrics)[!-~]* HTTP\/1\.1\r\n/
const namedHost = /\r\nhost:/i
/** What tells where a request ends in another way, or what becomes of its connection. */
const unusual =
  /\r\n(?:transfer-encoding|expect|upgrade|connection:(?! ?keep-alive\r)|content-length(?!: ?\d{1,15}\r)|[ \t])/i
const contentLength = /\r\ncontent-length: ?(\d+)/gi

/** The head of a request without the empty line at its end, if `bytes` are that request from the first to the last; else null. */
export function headOfWhole(bytes: Buffer): string | null {
  const end = bytes.indexOf(endOfHead)
  if (end === -1) return null
  const head = bytes.toString('latin1', 0, end + 2)
  if (!plainRequest.test(head) || !namedHost.test(head) || unusual.test(head)) return null
  const lengths = [...head.matchAll(contentLength)]
  const bodyLength = lengths.length === 0 ? 0 : Number(lengths[0]![1])
  return lengths.length < 2 && bytes.length === end + 4 + bodyLength ? head : null
}
