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
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let waiting: Waiting | null = null
    let received: Buffer = Buffer.alloc(0)
    /** What came of a long answer since it was last looked at. */
    let further: Buffer[] = []
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
    socket.on('data', (chunk: Buffer) => {
      further.push(chunk)
      missing -= chunk.length
      if (missing > 0) return
      received = received.length === 0 && further.length === 1 ? chunk : Buffer.concat([received, ...further])
      further = []
      const answer = wholeAnswer(received)
      if (typeof answer === 'number') missing = answer
      else if (waiting !== null) {
        received = Buffer.alloc(0)
        missing = 0
        const { resolve } = waiting
        waiting = null
        resolve(answer)
      }
    })
    const send = (request: string) =>
      new Promise<Answer>((resolve, reject) => {
        if (broken !== null) {
          reject(broken)
          return
        }
        waiting = { resolve, reject }
        socket.write(request)
      })
    socket.on('connect', () => opened({ send, close: () => socket.destroy() }))
  })
}

const endOfHead = Buffer.from('\r\n\r\n')

/** While a part is missing, how many bytes at least. The server always says how long its JSON is. */
function wholeAnswer(received: Buffer): Answer | number {
  const headLength = received.indexOf(endOfHead)
  if (headLength === -1) return 1
  const head = received.toString('latin1', 0, headLength)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const missing = headLength + 4 + length - received.length
  if (missing > 0) return missing
  const body = received.toString('utf8', headLength + 4, headLength + 4 + length)
  return { status: Number(head.slice(9, 12)), head, body }
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
