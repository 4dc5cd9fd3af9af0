/**
 * One kept-alive HTTP/1.1 connection, one request at a time. On a bare socket: node:http's client takes about as much
 * processor time for a request as the server does, and here both share the machine.
 */
import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  /** Status line and headers as they came. */
  readonly head: string
  readonly body: string
}

export interface Connection {
  /** Rejects if the connection breaks before the whole answer is here. */
  send(request: string): Promise<Answer>
  close(): void
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

export function openConnection(port: number): Promise<Connection> {
  return new Promise((opened, failed) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: inbox, callback: receive } })
    let waiting: Waiting | null = null
    /** What has come of an answer since it was last looked at. */
    let parts: Buffer[] = []
    let missing = 0
    let broken: Error | null = null

    const lose = (error: Error) => {
      broken ??= error
      waiting?.reject(broken)
      waiting = null
    }
    socket.on('error', (error) => {
      lose(error)
      failed(error)
    })
    socket.on('close', () => lose(new Error('the connection was closed')))
    function receive(length: number, bytes: Uint8Array): boolean {
      parts.push(Buffer.from(bytes.subarray(0, length)))
      missing -= length
      if (missing > 0) return true
      const received = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      const answer = wholeAnswer(received)
      if (typeof answer === 'number') {
        parts = [received]
        missing = answer
      } else if (waiting !== null) {
        parts = []
        missing = 0
        const { resolve } = waiting
        waiting = null
        resolve(answer)
      }
      return true
    }
    const send = (request: string) =>
      new Promise<Answer>((resolve, reject) => {
        if (broken !== null) {
          reject(broken)
          return
        }
        waiting = { resolve, reject }
        // Its requests are ASCII, which needs no search for anything else.
        socket.write(request, 'latin1')
      })
    socket.on('connect', () => opened({ send, close: () => socket.destroy() }))
  })
}

/** All sockets read into it, one after the other, and what is kept is copied: a socket by itself takes 64 kB for each reading. */
const inbox = Buffer.alloc(65_536)

const endOfHead = Buffer.from('\r\n\r\n')
const lengthHeader = Buffer.from('\r\ncontent-length: ')

/** While a part is missing, how many bytes at least. The server always says how long its JSON is. */
function wholeAnswer(received: Buffer): Answer | number {
  const headLength = received.indexOf(endOfHead)
  if (headLength === -1) return 1
  const missing = headLength + 4 + bodyLength(received, headLength) - received.length
  return missing > 0 ? missing : new ReceivedAnswer(received, headLength)
}

function bodyLength(received: Buffer, headLength: number): number {
  const at = received.indexOf(lengthHeader)
  if (at === -1 || at > headLength) return 0
  const from = at + lengthHeader.length
  return Number(received.toString('latin1', from, received.indexOf(13, from)))
}

/** Most answers are only counted, so nothing but the status is read unless it is asked for. */
class ReceivedAnswer implements Answer {
  readonly #received: Buffer
  readonly #headLength: number
  constructor(received: Buffer, headLength: number) {
    this.#received = received
    this.#headLength = headLength
  }
  get status(): number {
    return Number(this.#received.toString('latin1', 9, 12))
  }
  get head(): string {
    return this.#received.toString('latin1', 0, this.#headLength)
  }
  get body(): string {
    return this.#received.toString('utf8', this.#headLength + 4)
  }
}

/** Prints requests of one caller; a POST carries its idempotency key. */
export function requestPrinter(port: number, key: string) {
  const common = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${key}\r\n`
  return {
    get: (path: string) => `GET ${path} HTTP/1.1\r\n${common}\r\n`,
    post: (path: string, body: string, idempotencyKey: string) =>
      `POST ${path} HTTP/1.1\r\n${common}Content-Type: application/json\r\nIdempotency-Key: ${idempotencyKey}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  }
}

export type RequestPrinter = ReturnType<typeof requestPrinter>
