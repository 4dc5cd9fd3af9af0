/**
 * Hands a request to the server's router and takes its answer, as a socket's two ends would: the routes, hooks, checks and
 * printers are the server's own. Fastify's `inject` does the same with the streams, headers and sockets of Node's HTTP in
 * between, which was a twelfth of a run's time.
 */
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A kept-alive connection, for all that the server knows of it: who it is from its other requests. */
export interface Socket extends EventEmitter {
  readonly remoteAddress: string
}

export function openSocket(): Socket {
  return Object.assign(new EventEmitter(), { remoteAddress: '127.0.0.1' })
}

export interface Incoming {
  readonly socket: Socket
  readonly method: string
  readonly url: string
  /** Names in lower case. */
  readonly headers: Record<string, string>
  readonly body: string | null
}

export interface Outgoing {
  readonly status: number
  readonly headers: ReadonlyMap<string, unknown>
  readonly text: string
}

type Router = (request: IncomingMessage, response: ServerResponse) => void

/** Rejects where the server breaks the answer off. */
export function handOver(route: Router, incoming: Incoming): Promise<Outgoing> {
  return new Promise((resolve, reject) => {
    const request = new Question(incoming)
    const response = new Answer(resolve, reject)
    // What the server uses of Node's classes is here; anything else would be undefined and fail the run.
    route(request as unknown as IncomingMessage, response as unknown as ServerResponse)
  })
}

/** The side of a request that a server reads. */
class Question extends EventEmitter {
  readonly httpVersion = '1.1'
  readonly httpVersionMajor = 1
  readonly aborted = false
  readonly socket: Socket
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  #body: string | null

  constructor({ socket, method, url, headers, body }: Incoming) {
    super()
    this.socket = socket
    this.method = method
    this.url = url
    this.headers = body === null ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) }
    this.#body = body
  }

  resume(): void {
    const body = this.#body
    this.#body = null
    process.nextTick(() => {
      if (body !== null) this.emit('data', Buffer.from(body))
      this.emit('end')
    })
  }
}

/** The side of an answer that a server writes. */
class Answer extends EventEmitter {
  statusCode = 200
  headersSent = false
  writableEnded = false
  readonly #headers = new Map<string, unknown>()
  readonly #chunks: string[] = []
  readonly #resolve: (answer: Outgoing) => void
  readonly #reject: (error: unknown) => void

  constructor(resolve: (answer: Outgoing) => void, reject: (error: unknown) => void) {
    super()
    this.#resolve = resolve
    this.#reject = reject
  }

  getHeader(name: string): unknown {
    return this.#headers.get(name.toLowerCase())
  }

  getHeaders(): Record<string, unknown> {
    return Object.fromEntries(this.#headers)
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase())
  }

  setHeader(name: string, value: unknown): this {
    this.#headers.set(name.toLowerCase(), value)
    return this
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase())
  }

  writeHead(status: number, headers: Record<string, unknown>): this {
    this.statusCode = status
    for (const name of Object.keys(headers)) this.setHeader(name, headers[name])
    this.headersSent = true
    return this
  }

  write(chunk: string | Buffer): boolean {
    this.#chunks.push(String(chunk))
    return true
  }

  end(chunk?: string | Buffer | null): this {
    if (typeof chunk === 'string' || Buffer.isBuffer(chunk)) this.write(chunk)
    this.writableEnded = true
    process.nextTick(() => {
      this.emit('finish')
      this.#resolve({ status: this.statusCode, headers: this.#headers, text: this.#chunks.join('') })
    })
    return this
  }

  destroy(error?: Error): this {
    this.#reject(error ?? new Error('the server broke the answer off'))
    return this
  }
}
