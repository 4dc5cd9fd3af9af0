import { Agent, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Logger, pino } from 'pino'
import { createApiKey, type TenantMode } from './auth.ts'
import type { Config, LogLevel } from './config.ts'
import { createPlatform, type Platform, type PlatformParts } from './context.ts'
import { type Database, openDatabase } from './database.ts'
import { type App, buildApp, type RegisterRoutes } from './http.ts'
import { stringifyJson } from './json.ts'

/** What tests share. Each test file gets a database of its own, copied from a migrated template: no order, no leftovers. */

/**
 * A `TestContext`, or `{ after }` of node:test at the top level of a file: `const url = await testDatabase({ after })`.
 * Not inside a `before` hook, whose cleanups run as soon as the hook ends.
 */
export interface Cleanup {
  after: (work: () => Promise<void>) => void
}

let databases = 0

/** A fresh migrated database, dropped after the test; gives its URL. */
export async function testDatabase(t: Cleanup): Promise<string> {
  const { url, drop } = await createTestDatabase()
  t.after(drop)
  return url
}

async function createTestDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const template = process.env.CHIT_TEST_DATABASE_URL
  if (!template)
    throw new Error('CHIT_TEST_DATABASE_URL is not set: run `npm test -- <file>`, which starts a PostgreSQL')
  const url = new URL(template)
  const templateName = url.pathname.slice(1)
  const name = `test_${process.pid}_${++databases}`
  url.pathname = '/postgres'
  const admin = openDatabase(url.href, { max: 1, answerSeconds: null })
  await admin`create database ${admin(name)} template ${admin(templateName)}`
  url.pathname = `/${name}`
  const drop = async () => {
    await admin`drop database ${admin(name)} with (force)`
    await admin.end()
  }
  return { url: url.href, drop }
}

/** CHIT_TEST_SHARDS: CI runs the suites of the server once more with several, so that the routing is exercised. */
function testShards(): number {
  return Number(process.env.CHIT_TEST_SHARDS ?? 1)
}

export function testConfig(overrides: Partial<Config> = {}): Config {
  return {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: null,
    home: '/nonexistent',
    masterKey: Buffer.alloc(32, 7),
    shards: testShards(),
    logLevel: 'error',
    poolSize: 5,
    loansInMind: 100,
    ...overrides,
  }
}

/** On standard error: standard output belongs to the test runner. */
export function testLog(level: LogLevel = 'error'): Logger {
  return pino({ level }, pino.destination({ fd: 2, sync: true }))
}

/** A platform on a database of its own. */
export async function testPlatform(
  t: Cleanup,
  config: Partial<Config> = {},
  parts: PlatformParts = {},
): Promise<Platform> {
  const { platform, close } = await createTestPlatform(config, parts)
  t.after(close)
  return platform
}

async function createTestPlatform(config: Partial<Config> = {}, parts: PlatformParts = {}) {
  const { url, drop } = await createTestDatabase()
  const platform = createPlatform(testConfig(config), url, { log: testLog(config.logLevel), ...parts })
  const close = async () => {
    await platform.db.end({ timeout: 5 })
    await drop()
  }
  return { platform, close }
}

export interface TestTenant {
  tenantId: string
  keyId: string
  /** The secret key. */
  key: string
}

export interface TestTenantOptions {
  mode?: TenantMode
  timeZone?: string
  role?: string
  /** Stands still at this instant; otherwise the tenant lives in the world's time. */
  frozenAt?: string
}

export async function testTenant(platform: Platform, options: TestTenantOptions = {}): Promise<TestTenant> {
  const { db, ids, clock, random } = platform
  const { mode = 'sandbox', timeZone = 'Asia/Shanghai', role = 'admin', frozenAt } = options
  const tenantId = ids.create('ten')
  const createdAt = clock.now()
  await db`insert into tenants (id, name, mode, time_zone, clock_mode, clock_instant, clock_set_at, created_at) values (
    ${tenantId}, 'Test', ${mode}, ${timeZone}, ${frozenAt ? 'frozen' : 'running'}, ${frozenAt ?? null},
    ${frozenAt ? createdAt : null}, ${createdAt})`
  const { id: keyId, secret: key } = await createApiKey(db, ids, random, {
    tenantId,
    mode,
    label: 'test',
    role,
    createdAt,
  })
  return { tenantId, keyId, key }
}

export interface CallOptions {
  /** Null sends none; by default the test tenant's. */
  key?: string | null
  /** Null sends none; by default a fresh one for each POST. */
  idempotencyKey?: string | null
  headers?: Record<string, string>
}

export interface Answer<Body> {
  status: number
  body: Body
  headers: Record<string, string | number | string[] | undefined>
}

/** `Body` is whatever the test expects; a wrong expectation shows in its assertions. */
export type Call = <Body = Record<string, unknown>>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  options?: CallOptions,
) => Promise<Answer<Body>>

export interface TestApp extends TestTenant {
  app: App
  platform: Platform
  db: Database
  call: Call
}

export interface TestAppOptions extends TestTenantOptions {
  config?: Partial<Config>
  parts?: PlatformParts
}

/** The whole HTTP side on a fresh database, with one tenant. Every answer is checked against its declared schema. */
export async function testApp(
  t: Cleanup,
  registerRoutes: RegisterRoutes,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const { platform, close } = await createTestPlatform(options.config, options.parts)
  const app = await buildApp(platform, (api, same) => {
    api.addHook('onSend', verifyAnswer)
    return registerRoutes(api, same)
  })
  t.after(async () => {
    await app.close()
    await close()
  })
  const tenant = await testTenant(platform, options)
  return { app, platform, db: platform.db, ...tenant, call: callerOf(app, tenant.key) }
}

interface Sent {
  readonly method: Parameters<Call>[0]
  readonly url: string
  readonly headers: Record<string, string>
  readonly payload?: string
}

type Send = (request: Sent) => Promise<{ statusCode: number; headers: Answer<unknown>['headers']; body: string }>

let intents = 0

/** Each request comes as if over a new connection. */
export function callerOf(app: App, defaultKey: string): Call {
  return callerBy((request) => app.inject(request), defaultKey)
}

function callerBy(send: Send, defaultKey: string): Call {
  return async (method, path, body, options = {}) => {
    const { key = defaultKey, idempotencyKey = method === 'POST' ? `test-${++intents}` : null } = options
    const response = await send({
      method,
      url: path,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : stringifyJson(body) }),
    })
    const isJson = /json/.test(String(response.headers['content-type']))
    return {
      status: response.statusCode,
      body: isJson ? JSON.parse(response.body) : response.body,
      headers: response.headers,
    }
  }
}

/** All requests come over one kept-alive connection. The app listens from then on. */
export async function callerOnOneConnection(t: Cleanup, app: App, defaultKey: string): Promise<Call> {
  if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(async () => agent.destroy())
  const send: Send = ({ method, url: path, headers, payload }) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, agent, method, path, headers }, (response) => {
        text(response).then(
          (body) => resolve({ statusCode: response.statusCode!, headers: response.headers, body }),
          reject,
        )
      })
      sent.on('error', reject).end(payload)
    })
  return callerBy(send, defaultKey)
}

const answers = new Ajv({ strict: false, allErrors: true })
addFormats.default(answers)

/** In production answers are not checked (it would cost time); here a route that strays from its description fails. */
async function verifyAnswer(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  const declared = request.routeOptions.schema?.response as Record<string, object> | undefined
  const schema = declared?.[reply.statusCode] ?? declared?.[`${String(reply.statusCode)[0]}xx`]
  if (typeof payload !== 'string' || !/json/.test(String(reply.getHeader('content-type')))) return payload
  if (reply.statusCode >= 400) {
    const { status } = JSON.parse(payload)
    if (status === reply.statusCode) return payload
    throw new Error(
      `${request.method} ${request.routeOptions.url}: ${reply.statusCode} says that its status is ${status}`,
    )
  }
  if (schema === undefined)
    throw new Error(`${request.method} ${request.routeOptions.url} does not declare its ${reply.statusCode}`)
  const check = answers.compile(schema)
  if (!check(JSON.parse(payload))) {
    throw new Error(
      `${request.method} ${request.routeOptions.url} strays from its schema: ${answers.errorsText(check.errors)}`,
    )
  }
  return payload
}
