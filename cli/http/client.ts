/**
 * A small client of Chit's HTTP API. A POST carries an Idempotency-Key and is sent again under the same key when the
 * server is busy or does not answer, so a retry never books twice.
 *
 * On node:http with a keep-alive agent: `fetch` took about twice the processor time for each request, which on a small
 * machine is taken from the server under test.
 */
import { randomUUID } from 'node:crypto'
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { stringifyJson } from '../../server/platform/json.ts'

/** The server's refusal: its problem document. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  readonly document: Readonly<Record<string, unknown>>

  constructor(request: string, status: number, document: Readonly<Record<string, unknown>>) {
    const { title = `HTTP ${status}`, detail = '', remedy = '' } = document
    super(`${request}: ${[title, detail, remedy].filter((part) => part !== '').join(' · ')}`)
    this.name = 'ApiProblem'
    this.status = status
    this.code = String(document.code ?? status)
    this.document = document
  }
}

/** No answer, after all tries. */
export class Unreachable extends Error {}

export interface Client {
  /** `Body` is what the caller knows of the route; answers are not checked again here. */
  get<Body>(path: string): Promise<Body>
  /** The key names the intent; absent, a fresh one. */
  post<Body>(path: string, body?: unknown, idempotencyKey?: string): Promise<Body>
  /** Requests sent again so far. */
  retries(): number
  close(): void
}

export interface ClientOptions {
  readonly url: string
  readonly key: string
  /** Connections kept open. */
  readonly connections?: number
  readonly timeoutMilliseconds?: number
}

const triesMax = 10
const firstPauseMilliseconds = 100
const longestPauseMilliseconds = 5_000
const busyStatuses = new Set([429, 502, 503, 504])

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | undefined
}

export function createClient({ url, key, connections = 8, timeoutMilliseconds = 60_000 }: ClientOptions): Client {
  const secure = new URL(url).protocol === 'https:'
  const settings = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections }
  const agent = secure ? new SecureAgent(settings) : new PlainAgent(settings)
  const start = secure ? secureRequest : plainRequest
  const base = url.replace(/\/+$/, '')
  let retries = 0

  function sendOnce(method: string, path: string, payload: string | null, idempotencyKey: string | null) {
    return new Promise<Answer>((resolve, reject) => {
      const headers = headersOf(key, payload, idempotencyKey)
      const request = start(`${base}${path}`, { method, agent, headers, timeout: timeoutMilliseconds })
      request.on('response', (response) => readAnswer(response).then(resolve, reject))
      request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMilliseconds / 1000} s`)))
      request.on('error', reject)
      request.end(payload ?? undefined)
    })
  }

  async function send<Body>(method: string, path: string, payload: string | null, idempotencyKey: string | null) {
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnce(method, path, payload, idempotencyKey).catch((error: unknown) => {
        if (attempt === triesMax) throw new Unreachable(`${base} does not answer: ${reasonOf(error)}`)
        return null
      })
      if (answer !== null && (!busyStatuses.has(answer.status) || attempt === triesMax)) {
        return bodyOf<Body>(`${method} ${path}`, answer)
      }
      retries++
      await delay(pause(attempt, answer?.retryAfter))
    }
  }

  return {
    get: (path) => send('GET', path, null, null),
    post: (path, body, idempotencyKey = randomUUID()) =>
      send('POST', path, body === undefined ? null : stringifyJson(body), idempotencyKey),
    retries: () => retries,
    close: () => agent.destroy(),
  }
}

function headersOf(key: string, payload: string | null, idempotencyKey: string | null): Record<string, string> {
  const length = payload === null ? {} : { 'content-length': String(Buffer.byteLength(payload)) }
  return {
    authorization: `Bearer ${key}`,
    ...(payload === null ? {} : { 'content-type': 'application/json', ...length }),
    ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
  }
}

function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.on('error', reject)
    response.on('end', () => {
      resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] })
    })
  })
}

function bodyOf<Body>(request: string, { status, text }: Answer): Body {
  const body: unknown = parsed(text)
  if (status < 400) return body as Body
  throw new ApiProblem(request, status, typeof body === 'object' && body !== null ? { ...body } : { detail: text })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function pause(attempt: number, retryAfter: string | undefined): number {
  const asked = Number(retryAfter) * 1000
  const growing = Math.min(firstPauseMilliseconds * 2 ** (attempt - 1), longestPauseMilliseconds)
  return Number.isFinite(asked) && asked > growing ? Math.min(asked, longestPauseMilliseconds) : growing
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
