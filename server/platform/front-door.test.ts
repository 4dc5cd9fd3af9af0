import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { registry } from './errors.ts'
import { fullHouse, waitHead as head, places, until } from './full-house.test-support.ts'

test('a full server answers 503 with Retry-After and a problem; the same request succeeds once there is room', async (t) => {
  const { admission, open, ask, raw, port } = await fullHouse(t)
  const inside = [ask(1), ask(2)]
  await until(admission, places)
  const refused = await ask(3)
  assert.equal(refused.status, 503)
  assert.match(refused.headers.get('content-type')!, /^application\/problem\+json/)
  assert.match(refused.headers.get('retry-after')!, /^[1-9]\d?$/)
  const problem = (await refused.json()) as Record<string, unknown>
  assert.deepEqual(
    [problem.code, problem.status, problem.title, problem.remedy, problem.requestId],
    ['busy', 503, registry.busy.title, registry.busy.remedy, refused.headers.get('x-request-id')],
  )
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200, 'its watchers still see it')
  for (const address of ['/%76%31/wait', 'http://x/v1/wait', '/docs']) {
    const socket = await raw(`GET ${address} HTTP/1.1\nHost: x\n\n`)
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 503 /, `${address} is no way around the queue`)
  }
  open()
  const answers = await Promise.all(inside)
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  assert.deepEqual(await (await ask(3)).json(), { n: 3 })
  await until(admission, 0)
})

test('a body that does not arrive holds no place; one that comes late does, and its request is answered', async (t) => {
  const { admission, open, raw } = await fullHouse(t)
  const { mock } = t.mock.method(admission, 'stepOut')
  const slow: Socket[] = []
  while (slow.length < 3 * places) {
    slow.push(await raw(head))
    for (let waited = 0; mock.callCount() < slow.length; waited += 10) {
      assert.ok(waited < 5_000, `${mock.callCount()} of ${slow.length} were let in`)
      await delay(10)
    }
  }
  assert.equal(admission.inside(), 0)
  slow[0]!.write('{"n":7}')
  await until(admission, 1)
  for (const socket of slow.slice(1)) socket.destroy()
  await delay(100)
  assert.equal(admission.inside(), 1)
  open()
  assert.match(String((await once(slow[0]!, 'data'))[0]), /^HTTP\/1.1 200 OK.*\{"n":7\}$/s)
})

test('a client that hangs up before its answer gives its place back', async (t) => {
  const { app, admission, raw } = await fullHouse(t)
  const gone = await Promise.all([raw(`${head}{"n":7}`), raw(head)])
  await until(admission, 1)
  await delay(50)
  for (const socket of gone) socket.destroy()
  await until(admission, 0)
  assert.equal((await app.platform.metrics.httpInFlight.get()).values[0]!.value, 0)
})

test('a reader that does not read its answer holds no place', async (t) => {
  const { admission, ask, open, raw } = await fullHouse(t)
  const get = 'GET /v1/big HTTP/1.1\nHost: x\nAuthorization: Bearer KEY\n\n'
  const dead: Socket[] = []
  for (let reader = 0; reader < 2 * places; reader++) {
    const socket = await raw(get)
    socket.pause()
    dead.push(socket)
    await delay(50)
    await until(admission, 0)
  }
  open()
  assert.equal((await ask(1)).status, 200)
})

test('a server that is closing finishes what is inside and refuses what comes after it on the same connection', async (t) => {
  const { app, admission, open, raw } = await fullHouse(t)
  const socket = await raw(`${head}{"n":7}`)
  await until(admission, 1)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const closed = app.close()
  await delay(50)
  socket.write(`${head}{"n":8}`.replaceAll('\n', '\r\n'))
  await delay(50)
  open()
  await Promise.all([closed, once(socket, 'close')])
  const [first = '', second = ''] = received.split(/(?=HTTP\/1\.1 503)/)
  assert.match(first, /^HTTP\/1\.1 200 OK.*\{"n":7\}$/s)
  assert.match(second, /retry-after: 1\r\n.*connection: close\r\n.*"code":"busy".*shutting down/is)
})
