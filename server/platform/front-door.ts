/** The HTTP server itself: what happens to a request before Fastify sees it, and to an answer nobody reads. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Admission } from './admission.ts'
import { printBareAnswer } from './bare-answer.ts'
import type { Platform } from './context.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { type Problem, type ProblemCode, problemDocument, registry, starting } from './errors.ts'
import { outdated } from './newer-schema.ts'
import { createUnreadable, type Unreadable } from './unreadable.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface FrontDoor {
  /** For Fastify's `serverFactory`. */
  serverFor(handler: Handler): Server
  /** For Fastify's `clientErrorHandler`. */
  readonly refuseUnreadable: Unreadable['refuse']
  /** From now on requests on kept connections are refused and their connections closed. */
  close(): void
}

export interface FrontDoorOptions {
  readonly keepAliveTimeout: number
  readonly requestTimeout: number
  /** Of the request whose `X-Request-Id` this is. */
  requestIdOf(given: string | string[] | undefined): string
}

/** Whoever watches the server must see it when it is full, too. Any other address may be one of `/v1/`, written otherwise. */
function isWatching(url: string): boolean {
  return /^\/(healthz|readyz|metrics)\/?(\?|$)/.test(url)
}

/** Refusals come by the thousand, so their document is printed once, with a gap for the request's id. */
function documentOf(code: ProblemCode, detail: string): (requestId: string) => string {
  const gap = 'the-id-of-the-request'
  const [before, after] = problemDocument({ code, parts: { detail } }, gap).split(gap) as [string, string]
  return (requestId) => before + requestId + after
}

interface Refusal {
  readonly code: ProblemCode
  readonly documentOf: (requestId: string) => string
  readonly retryAfterSeconds: number | null
  /** Ends the connection, so that the next request may find another server. */
  readonly closes: boolean
}

const givenRequestId = /\r\nx-request-id: *([^\r]*)\r/i
const fullDocument = documentOf('busy', 'The server has more to do than it can finish soon.')
const closed: Refusal = {
  code: 'busy',
  documentOf: documentOf('busy', 'This server is shutting down.'),
  retryAfterSeconds: 1,
  closes: true,
}

const withoutHost: Refusal = {
  code: 'malformed-request',
  documentOf: documentOf('malformed-request', 'The request has no Host header.'),
  retryAfterSeconds: null,
  closes: true,
}

function closingWith({ code, parts }: Problem): Refusal {
  return {
    code,
    documentOf: (requestId) => problemDocument({ code, parts }, requestId),
    retryAfterSeconds: parts.retryAfterSeconds!,
    closes: true,
  }
}

/** An answer of which nothing is taken for so long has no reader; its connection is closed and its memory freed. */
const unreadMilliseconds = 30_000
const reportEveryMilliseconds = 5_000

export function createFrontDoor(platform: Platform, options: FrontDoorOptions): FrontDoor {
  const { admission, newerSchema } = platform
  const report = refusalReport(platform)
  const withoutBody = bodyWatch()
  let closing = false
  const unreadable = createUnreadable(platform)
  const doorkeeper = createDoorkeeper({
    now: () => performance.now(),
    isFull: () => !closing && admission.isFull(),
    isIdle: unreadable.isIdle,
    refusalOf,
  })

  function refusalOf(head: string): string {
    report()
    platform.metrics.problems.inc({ code: 'busy' })
    const requestId = options.requestIdOf(givenRequestId.exec(head)?.[1])
    const headers = { 'retry-after': String(admission.comeBackAfter()), 'x-request-id': requestId }
    return printBareAnswer(registry.busy.status, headers, fullDocument(requestId))
  }

  function refuse(request: IncomingMessage, response: ServerResponse, why: Refusal): void {
    if (why.closes) unreadable.giveUp(request.socket)
    const requestId = options.requestIdOf(request.headers['x-request-id'])
    const body = why.documentOf(requestId)
    platform.metrics.problems.inc({ code: why.code })
    response.writeHead(registry[why.code].status, {
      'content-type': 'application/problem+json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      ...(why.retryAfterSeconds === null ? {} : { 'retry-after': String(why.retryAfterSeconds) }),
      'x-request-id': requestId,
      ...(why.closes ? { connection: 'close' } : {}),
    })
    response.end(body)
  }

  function receive(handler: Handler, request: IncomingMessage, response: ServerResponse): void {
    if (!unreadable.follow(response)) return
    if (request.headers.host === undefined && request.httpVersionMinor > 0) {
      refuse(request, response, withoutHost)
      return
    }
    if (isWatching(request.url!)) {
      handler(request, response)
      return
    }
    const refusal = refusalNow()
    if (refusal === null) {
      keepPlace(admission, request, response, withoutBody)
      handler(request, response)
    } else {
      refuse(request, response, refusal)
      if (refusal.closes) return
      report()
      // Not now, while node:http is reading it.
      setImmediate(() => doorkeeper.watch(request.socket))
    }
  }

  function refusalNow(): Refusal | null {
    if (closing) return closed
    const newer = newerSchema.migration()
    if (newer !== null) return closingWith(outdated(newer))
    if (!platform.isReady) return closingWith(starting)
    const retryAfterSeconds = admission.enter()
    return retryAfterSeconds === null
      ? null
      : { code: 'busy', documentOf: fullDocument, retryAfterSeconds, closes: false }
  }

  return {
    serverFor(handler) {
      const listener = (request: IncomingMessage, response: ServerResponse) => receive(handler, request, response)
      // Node would refuse without a problem: a missing Host, which is looked for above, and an Expect that it does not
      // know, which may be passed over (RFC 9110, 10.1.1).
      const server = createServer({ requireHostHeader: false }, listener).on('checkExpectation', listener)
      server.keepAliveTimeout = options.keepAliveTimeout
      server.requestTimeout = options.requestTimeout
      return server
    },
    refuseUnreadable: unreadable.refuse,
    close() {
      closing = true
      doorkeeper.close()
    },
  }
}

/** Calls if the body has not come with the head. */
type WithoutBody = (request: IncomingMessage, missing: () => void) => void

/** Nearly every body comes with its head; whether it did is known when all that has come is read. */
function bodyWatch(): WithoutBody {
  let begun: Parameters<WithoutBody>[] = []
  const look = () => {
    const all = begun
    begun = []
    for (const [request, missing] of all) if (!request.complete) missing()
  }
  return (request, missing) => {
    if (begun.push([request, missing]) === 1) setImmediate(look)
  }
}

/**
 * A request has its place from its head to its answer, but for the time in which its body is on its way, which may be long;
 * and it leaves when its answer is ready, not when that was read. So whoever is slow takes nobody's place.
 */
function keepPlace(
  admission: Admission,
  request: IncomingMessage,
  response: ServerResponse,
  withoutBody: WithoutBody,
): void {
  let isInside = true
  let isOver = false
  const leave = () => {
    if (isInside) admission.leave()
    isInside = false
    isOver = true
  }
  const stepOut = () => {
    if (isOver) return
    isInside = false
    admission.stepOut()
    request.once('end', stepIn)
  }
  const stepIn = () => {
    if (isOver) return
    isInside = true
    admission.stepIn()
  }
  if (hasBody(request)) withoutBody(request, stepOut)
  response.on('prefinish', () => {
    leave()
    if (response.writableLength > 0) response.socket?.setTimeout(unreadMilliseconds)
  })
  // Broken off before there was an answer.
  response.on('close', leave)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** One line for many refusals: a line for each would make the overload worse. */
function refusalReport({ log, admission }: Platform): () => void {
  let refused = 0
  const print = () => {
    log.warn({ refused, inside: admission.inside(), limit: admission.limit() }, 'too many requests: some were refused')
    refused = 0
  }
  return () => {
    if (refused++ === 0) setTimeout(print, reportEveryMilliseconds).unref()
  }
}
