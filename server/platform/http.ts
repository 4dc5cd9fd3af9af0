import type { IncomingMessage } from 'node:http'
import {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type HookHandlerDoneFunction,
  LogController,
} from 'fastify'
import type { TSchema } from 'typebox'
import type { App, RegisterRoutes, SchemaTypes } from './app.ts'
import { awaitCaller, callerRequired, unlessUnauthorized } from './arrival.ts'
import type { Platform } from './context.ts'
import { asProblem } from './core-problems.ts'
import { isOutage } from './database.ts'
import { type Problem, problem, problemDocument } from './errors.ts'
import { createFrontDoor } from './front-door.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import { jsonPrinterOf } from './json-printer.ts'
import { loggerOnDemand, requestLogOf } from './log.ts'
import { outdated } from './newer-schema.ts'
import { registerOpenApi } from './openapi.ts'
import { registerPages } from './pages.ts'
import { createValidatorCompiler, invalidRequest } from './validation.ts'

export type { App, RegisterRoutes }

/** Half a megabyte: a large order has some hundred lines; files do not come this way. */
const bodyLimitBytes = 524_288

/** The HTTP side of Chit: what every route shares, then the routes themselves. Does not listen yet. */
export async function buildApp(platform: Platform, registerRoutes: RegisterRoutes): Promise<App> {
  const door = createFrontDoor(platform, {
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    requestIdOf: (given) => requestIdOf(given, platform),
  })
  const app: App = fastify({
    // Requests have loggers and a line of our own (`observe`). With a logger given here Fastify would look through all methods of
    // each request's, and listen for the end of its answer, too.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes,
    serverFactory: (handler) => door.serverFor(handler),
    clientErrorHandler: (error, socket) => door.refuseUnreadable(error, socket),
    forceCloseConnections: 'idle',
    genReqId: ({ headers }: IncomingMessage) => requestIdOf(headers['x-request-id'], platform),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendProblem(toProblem(error, request), request, reply),
  }).withTypeProvider<SchemaTypes>()
  app.log = platform.log as FastifyBaseLogger
  app.addHook('preClose', async () => door.close())
  app.decorate('platform', platform)
  app.decorateRequest('caller', null)
  app.decorateRequest('arrival', null)
  app.decorateRequest('ahead', null)
  app.setValidatorCompiler(createValidatorCompiler())
  app.setSerializerCompiler(({ schema }) => jsonPrinterOf(schema as TSchema))
  readJsonBodies(app)
  app.setErrorHandler((error, request, reply) =>
    unlessUnauthorized(request, error, (refusal) => sendFailure(refusal, request, reply)),
  )
  const methodsOf = collectMethods(app)
  app.setNotFoundHandler((request, reply) => sendProblem(nothingHere(request, reply, methodsOf), request, reply))
  observe(app, platform)
  await registerOpenApi(app)
  registerPages(app, platform)
  await app.register(async (api) => {
    api.addHook('onRoute', (route) => {
      if (route.config?.public) return
      route.onRequest = [callerRequired(route.config?.lookAhead), ...[route.onRequest ?? []].flat()]
    })
    api.addHook('preValidation', refuseBrokenHead)
    api.addHook('preHandler', awaitCaller)
    await registerRoutes(api as App, platform)
  })
  return app
}

/** A caller's own id is kept, so that its logs and ours can be joined; anything that could spoil a log line is not. */
function requestIdOf(given: string | string[] | undefined, platform: Platform): string {
  return typeof given === 'string' && /^[A-Za-z0-9._:-]{1,100}$/.test(given) ? given : platform.ids.create('req')
}

function observe(app: App, { metrics, log }: Platform): void {
  const logRequest = requestLogOf(log)
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now()
    metrics.httpInFlight.inc()
    const own = loggerOnDemand(log as FastifyBaseLogger, request.id)
    request.log = own
    reply.log = own
    reply.header('x-request-id', request.id)
    reply.raw.on('close', () => {
      metrics.httpInFlight.dec()
      // Whoever hung up before the answer was made has none; an answer that was not taken counts as it was made.
      if (!reply.raw.writableEnded) return
      const milliseconds = performance.now() - startedAt
      const route = request.routeOptions.url ?? 'unknown'
      const { statusCode: status } = reply.raw
      metrics.httpDuration.observe(request.method, route, status, milliseconds / 1000)
      logRequest({ requestId: request.id, method: request.method, route, status, milliseconds, caller: request.caller })
    })
    done()
  })
}

/** JSON only, with the place where it breaks; Fastify's own parser also refuses keys that would poison prototypes. */
function readJsonBodies(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Many clients declare JSON on a POST without a body; where a route needs one, its schema says so.
    if (body === '') return done(null, undefined)
    const text = String(body)
    const take = (value: unknown) => (isTooDeep(text, value) ? done(tooDeep()) : done(null, value))
    const plain = plainValueOf(text)
    if (plain !== undefined) return take(plain)
    parse(request, text, (error, value) => {
      if (error) done(problem('malformed-json', { detail: whereBroken(text, error) }))
      else if (holdsBrokenText(text, value)) done(brokenText())
      else take(value)
    })
  })
}

/** More than anything that is asked for has, and little enough for whoever goes through a body by calling itself, PostgreSQL too. */
const deepest = 500

/** Every level takes two characters, so most bodies are too short to be looked through. */
function isTooDeep(text: string, value: unknown): boolean {
  if (text.length <= 2 * deepest) return false
  let level = nestedIn([[value]])
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > deepest) return true
    level = nestedIn(level)
  }
  return false
}

/** A loop, as `flatMap` makes an array for each number of a body: it took four times as long as parsing. */
function nestedIn(level: readonly object[]): object[] {
  const nested: object[] = []
  for (const whole of level) {
    for (const member of Array.isArray(whole) ? whole : Object.values(whole)) {
      if (typeof member === 'object' && member !== null) nested.push(member)
    }
  }
  return nested
}

function tooDeep(): Problem {
  return problem('invalid-request', { detail: `The body is nested more than ${deepest} deep.` })
}

/**
 * The value of nearly every body: one without escapes by number, in which a key that poisons prototypes and broken text could hide.
 * Undefined where there is more to look at, or something to explain.
 */
function plainValueOf(text: string): unknown {
  if (text.includes('\\u') || text.includes('__proto__') || text.includes('constructor')) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A NUL or half a surrogate pair is JSON, but no text that a database can keep. Only escapes can bring one in. */
function holdsBrokenText(body: string, value: unknown): boolean {
  return /\\u(0000|d[89a-f][0-9a-f]{2})/i.test(body) && hasBrokenText(value)
}

/** One after the other, not each inside the one before: a body of half a megabyte may be as many arrays deep. */
function hasBrokenText(whole: unknown): boolean {
  const values = [whole]
  while (values.length > 0) {
    const value = values.pop()
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) return true
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) values.push(key, member)
    }
  }
  return false
}

function brokenText(): Problem {
  return problem('invalid-request', {
    detail: 'A text holds a NUL character or half a surrogate pair; send well-formed text.',
  })
}

/** An idempotency key is the caller's choice; one that is sent must be usable. */
function refuseBrokenHead(request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction): void {
  if (request.url.includes('%00')) throw brokenText()
  idempotencyKeyOf(request)
  done()
}

function whereBroken(body: string, refusal: Error): string {
  try {
    JSON.parse(body)
    return 'The body has a key named __proto__ or constructor, which is refused.'
  } catch (error) {
    return error instanceof Error ? `${error.message}.` : refusal.message
  }
}

/** What is not foreseen may come of a database that is newer than this server; then no line of this version is at fault. */
async function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const known = foreseen(error, request)
  if (known !== null) return sendProblem(known, request, reply)
  const newer = await request.server.platform.newerSchema.look()
  return sendProblem(newer === null ? unforeseen(error, request) : outdated(newer), request, reply)
}

/** Every failure as a problem; what is not foreseen is `internal` and never shows its own words to the caller. */
function toProblem(error: unknown, request: FastifyRequest): Problem {
  return foreseen(error, request) ?? unforeseen(error, request)
}

function foreseen(error: unknown, request: FastifyRequest): Problem | null {
  const known = asProblem(error)
  if (known) return known
  if (isCutOff(error)) return problem('malformed-json', { detail: 'The body was cut off.' })
  if (isOutage(error)) {
    request.log.error({ err: error }, 'the database does not answer')
    return problem('database-unavailable', { retryAfterSeconds: 1 })
  }
  return error instanceof Error ? httpProblem(error, request) : null
}

/** The client hung up in the middle of its body. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
}

function httpProblem(error: Error & Partial<FastifyError>, request: FastifyRequest): Problem | null {
  if (error.validation)
    return invalidRequest(error.validation as Parameters<typeof invalidRequest>[0], error.validationContext ?? 'body')
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return problem('malformed-json', { detail: error.message })
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problem('payload-too-large', { extra: { limitBytes: request.routeOptions.bodyLimit ?? bodyLimitBytes } })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_INVALID_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return problem('unsupported-media-type', {
        detail: `The Content-Type is ${request.headers['content-type'] ?? 'missing'}.`,
      })
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return problem('not-found', { detail: 'The path of this request cannot be read.' })
    default:
      return null
  }
}

function unforeseen(error: unknown, request: FastifyRequest): Problem {
  request.log.error({ err: error }, 'request failed')
  return problem('internal')
}

function sendProblem(refusal: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.server.platform?.metrics.problems.inc({ code: refusal.code })
  if (refusal.parts.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.parts.retryAfterSeconds)
  if (refusal.parts.replayed) reply.header('idempotent-replayed', 'true')
  if (refusal.code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
  return reply
    .code(refusal.status)
    .header('x-request-id', request.id)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .serializer((text: string) => text)
    .send(problemDocument(refusal, request.id))
}

/** Paths by pattern with their methods, in order to tell a wrong method (405) from a wrong path (404). */
function collectMethods(app: App): (path: string) => string[] {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', (route) => {
    const known = methods.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) known.add(method)
    methods.set(route.url, known)
  })
  return (path) => {
    const wanted = path.replace(/\/$/, '').split('/')
    const found = [...methods].filter(([pattern]) => matches(pattern.replace(/\/$/, '').split('/'), wanted))
    return [...new Set(found.flatMap(([, names]) => [...names]))].filter((name) => name !== 'HEAD').sort()
  }
}

function matches(pattern: string[], path: string[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part.startsWith(':') || part === path[index])
}

function nothingHere(request: FastifyRequest, reply: FastifyReply, methodsOf: (path: string) => string[]): Problem {
  const path = request.url.split('?', 1)[0]!
  const methods = methodsOf(path)
  if (methods.length === 0) return problem('not-found', { detail: `There is nothing at ${path.slice(0, 200)}.` })
  reply.header('allow', methods.join(', '))
  return problem('method-not-allowed', { detail: `${path} takes ${methods.join(', ')}, not ${request.method}.` })
}
