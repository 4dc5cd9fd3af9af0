import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { pino } from 'pino'
import { Type } from 'typebox'
import { registry } from './errors.ts'
import type { App } from './http.ts'
import { object } from './schema.ts'
import { testApp } from './testing.ts'

/** Rings a bell when a request is inside, which waits there until it is let go. */
let inside = Promise.withResolvers<void>()
let gate = Promise.withResolvers<void>()
let booked = 0
let lastBody: WeakRef<object> | null = null

function routes(app: App): void {
  const answered = { response: { 200: object({ n: Type.Integer() }) } }
  app.post('/v1/book', { schema: { body: object({ n: Type.Integer() }), ...answered } }, async ({ body }) => {
    booked++
    lastBody = new WeakRef(body)
    return { n: body.n }
  })
  app.get('/v1/wait', { schema: answered }, async () => {
    inside.resolve()
    await gate.promise
    return { n: 1 }
  })
  app.post('/v1/mark', { schema: answered }, async () => ({ n: ++booked }))
}

const logged: string[] = []
const sockets: Socket[] = []
// Before the application is closed, which waits for its connections.
after(() => {
  for (const socket of sockets) socket.destroy()
})
const { app, key, platform } = await testApp({ after }, routes, {
  parts: { log: pino({ level: 'info' }, { write: (line) => void logged.push(line) }) },
})
// What an operator cannot set, so short that a test can wait for it; looked for every 20 ms instead of 30 s.
Object.assign(app.server, { headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 20 })
await app.listen({ host: '127.0.0.1', port: 0 })
const address = app.server.address()
const port = typeof address === 'object' && address !== null ? address.port : 0

interface Connection {
  say(text: string): void
  /** Everything that was heard once `text` or the end was. */
  heard(text: string | 'the end'): Promise<string>
}

async function connection(): Promise<Connection> {
  const socket = connect({ host: '127.0.0.1', port })
  sockets.push(socket)
  let received = ''
  let ended = false
  socket.on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  socket.on('end', () => {
    ended = true
  })
  await once(socket, 'connect')
  return {
    say: (text) => void socket.write(text.replaceAll('\n', '\r\n').replaceAll('KEY', key)),
    heard: async (text) => {
      while (!(text === 'the end' ? ended : received.includes(text))) {
        assert.ok(!ended, `the end came before ${text}: ${received}`)
        await Promise.race([once(socket, 'data'), once(socket, 'end')])
      }
      return received
    },
  }
}

/** Answers as they came, with the document of each that is a problem. */
function answersIn(received: string): { status: number; head: string; body: Record<string, unknown> }[] {
  return received.split(/(?=HTTP\/1\.1 \d)/).map((answer) => {
    const [head = '', body = '{}'] = answer.split('\r\n\r\n')
    return { status: Number(head.slice(9, 12)), head, body: JSON.parse(body) }
  })
}

function assertProblem(answer: ReturnType<typeof answersIn>[number] | undefined, code: keyof typeof registry): void {
  const { status, head, body } = answer!
  assert.deepEqual([body.code, status, body.status], [code, registry[code].status, registry[code].status])
  assert.deepEqual([body.title, body.remedy], [registry[code].title, registry[code].remedy])
  assert.match(head, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n/i)
  assert.match(head, /\r\nconnection: close/i)
  assert.match(head, /\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/i)
  assert.match(head, new RegExp(`\r\nx-request-id: ${body.requestId}\r\n`, 'i'))
}

const get = 'GET /v1/wait HTTP/1.1\nHost: x\nAuthorization: Bearer KEY\n'
const post =
  'POST /v1/book HTTP/1.1\nHost: x\nAuthorization: Bearer KEY\nContent-Type: application/json\nTransfer-Encoding: chunked\n\n'
const whole = `${post}7\n{"n":7}\n0\n\n`

const broken: [what: string, text: string, code: keyof typeof registry, detail: RegExp][] = [
  ['no HTTP at all', 'Lin Xiaoyu\n\n', 'malformed-request', /cannot be read: \w/],
  ['a header with a NUL in it', `${get}X-Name: Lin\0Xiaoyu\n\n`, 'malformed-request', /header value/],
  ['no Host', 'GET /healthz HTTP/1.1\nX-Name: Lin\n\n', 'malformed-request', /no Host/],
  ['headers of 20 kB', `${get}X-Name: Lin${'x'.repeat(20_000)}\n\n`, 'head-too-large', /too large/],
  ['a head that stops', `${get}X-Name: Lin`, 'request-timeout', /in time/],
  ['a body that stops', `${post}7\n{"n"`, 'request-timeout', /in time/],
  ['a body whose parts have no lengths', `${post}{"n":7}\n`, 'malformed-request', /chunk size/],
]

for (const [what, text, code, detail] of broken) {
  test(`${what}: a problem, the end of the connection, and nothing of it in the log`, async () => {
    logged.length = 0
    const before = booked
    const { say, heard } = await connection()
    say(text)
    const [only, ...more] = answersIn(await heard('the end'))
    assertProblem(only, code)
    assert.match(String(only!.body.detail), detail)
    assert.deepEqual([more, booked], [[], before])
    if (code === 'head-too-large') assert.equal(only!.body.limitBytes, 16_384)
    assert.doesNotMatch(logged.join(''), /Lin|sk_/)
    if (!/no Host/.test(String(detail))) assert.match(logged.join(''), new RegExp(`"problem":"${code}"`))
    const { values } = await platform.metrics.problems.get()
    assert.ok(values.some(({ labels, value }) => labels.code === code && value > 0))
  })
}

test('an expectation that nobody knows keeps no request from its answer', async () => {
  const { say, heard } = await connection()
  say('GET /healthz HTTP/1.1\nHost: x\nExpect: the-unexpected\n\n')
  assert.match(await heard('{"status":"ok"}'), /^HTTP\/1\.1 200 /)
})

test('after requests on the same connection their answers come first, then the problem', async () => {
  for (const [text, code] of [
    ['nonsense\n\n', 'malformed-request'],
    [`${post}nonsense\n`, 'malformed-request'],
    [`${get}X-Name: Lin`, 'request-timeout'],
  ] as const) {
    inside = Promise.withResolvers()
    gate = Promise.withResolvers()
    const { say, heard } = await connection()
    say(whole)
    await heard('{"n":7}')
    say(`${get}\n${text}`)
    await inside.promise
    // Its time is over, and it is told so only after the answer that is waited for.
    if (code === 'request-timeout') await new Promise((resolve) => setTimeout(resolve, 400))
    gate.resolve()
    const answers = answersIn(await heard('the end'))
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.n]),
      [
        [200, 7],
        [200, 1],
        [registry[code].status, undefined],
      ],
    )
    assertProblem(answers[2], code)
  }
})

test('what comes after the time was over is not done', async () => {
  inside = Promise.withResolvers()
  gate = Promise.withResolvers()
  const before = booked
  const { say, heard } = await connection()
  say(`${get}\n${whole.slice(0, 40)}`)
  await inside.promise
  await new Promise((resolve) => setTimeout(resolve, 400))
  say(whole.slice(40))
  await new Promise((resolve) => setTimeout(resolve, 50))
  gate.resolve()
  const answers = answersIn(await heard('the end'))
  assert.deepEqual([answers.map(({ status }) => status), booked], [[200, 408], before])
})

test('behind a request whose refusal closes the connection nothing is done', async () => {
  const before = booked
  const { say, heard } = await connection()
  say(`GET /healthz HTTP/1.1\n\n${get.replace('GET /v1/wait', 'POST /v1/mark')}\n`)
  const [only, ...more] = answersIn(await heard('the end'))
  assertProblem(only, 'malformed-request')
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual([more, booked], [[], before])
})

test('a body that goes on for ever behind its refusal does not keep the connection', async () => {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  sockets.push(socket)
  let isGone = false
  socket.on('error', () => {
    isGone = true
  })
  socket.resume()
  socket.write(post.replace('KEY', 'sk_nobody').replaceAll('\n', '\r\n'))
  for (let waited = 0; !isGone; waited += 50) {
    assert.ok(waited < 5_000, 'it is still taken')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.write('1\r\nx\r\n')
  }
})

test('a connection that is kept keeps no body', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const { say, heard } = await connection()
  say(whole)
  await heard('{"n":7}')
  // A request that was not whole at once is looked at again after a second.
  for (let waited = 0; lastBody!.deref() !== undefined; waited += 50) {
    assert.ok(waited < 10_000, 'it is still there')
    await new Promise((resolve) => setTimeout(resolve, 50))
    collect()
  }
})

test('a request that was refused before its body was there has one answer, although the body is no body', async () => {
  const { say, heard } = await connection()
  say(post.replace('KEY', 'sk_nobody'))
  assert.match(await heard('"requestId"'), /^HTTP\/1\.1 401 /)
  say('nonsense\n')
  assert.equal(answersIn(await heard('the end')).length, 1)
})
