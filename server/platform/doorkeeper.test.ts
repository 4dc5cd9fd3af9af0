import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay, setImmediate as turnOfLoop } from 'node:timers/promises'
import { createDoorkeeper, headOfWhole } from './doorkeeper.ts'
import { fullHouse, places, until, waitHead } from './full-house.test-support.ts'

const bytesOf = (text: string) => text.replaceAll('\n', '\r\n')
const request = `${waitHead.replace('KEY', 'nobody')}{"n":7}`

/** What comes until `count` whole answers or the end of the connection are there. */
async function heardOn(socket: Socket, count = 1): Promise<string> {
  let heard = ''
  const take = (bytes: Buffer) => {
    heard += bytes
  }
  socket.on('data', take)
  const ended = once(socket, 'end')
  while ((heard.match(/\r\n\r\n\{[^\r]*\}/g) ?? []).length < count) {
    if ((await Promise.race([once(socket, 'data'), ended])).length === 0) break
  }
  socket.off('data', take)
  return heard
}

function say(socket: Socket, text: string, count = 1): Promise<string> {
  socket.write(bytesOf(text))
  return heardOn(socket, count)
}

/** A full server. `watched` makes connections on which a request has been refused. */
async function full(t: TestContext, serverOptions: object = {}) {
  const house = await fullHouse(t, serverOptions)
  const inside = [house.ask(1), house.ask(2)]
  await until(house.admission, places)
  const fresh = () => house.raw('')
  const watched = async () => {
    const socket = await fresh()
    assert.match(await say(socket, request), /^HTTP\/1\.1 503 /)
    return socket
  }
  return { ...house, inside, fresh, watched }
}

/** What two answers to the same request have in common, whoever wrote them. */
const shapeOf = (answer: string) =>
  answer
    .replaceAll(/req_\w+/g, 'req')
    .replaceAll(/retry-after: \d+/g, 'retry-after: n')
    .split('\r\n')
    .filter((line) => !/^(date|connection|keep-alive):/i.test(line))
    .sort()

test('a refusal by the doorkeeper says what one by node:http says, and is counted', async (t) => {
  const { fresh, watched, app } = await full(t)
  const byNode = await say(await fresh(), request)
  const socket = await watched()
  const byDoorkeeper = await say(socket, request)
  assert.doesNotMatch(byDoorkeeper, /^date:/im, 'or it was by node:http')
  assert.deepEqual(shapeOf(byDoorkeeper), shapeOf(byNode))
  const named = await say(socket, request.replace('Host: x', 'Host: x\nX-Request-ID: till-7'))
  assert.match(named, /\r\nx-request-id: till-7\r\n.*"requestId":"till-7"\}$/s)
  const unsafe = await say(socket, request.replace('Host: x', 'Host: x\nX-Request-ID: "},{'))
  assert.match(unsafe, /\r\nx-request-id: req_\w+\r\n/)
  const { values } = await app.platform.metrics.problems.get()
  assert.equal(values.find(({ labels }) => labels.code === 'busy')!.value, 5)
})

test('once there is room the connection is served as any other', async (t) => {
  const { watched, open, inside, key, admission } = await full(t)
  const socket = await watched()
  open()
  await Promise.all(inside)
  await until(admission, 0)
  const own = request.replace('nobody', key)
  assert.match(await say(socket, own), /^HTTP\/1\.1 200 OK.*\{"n":7\}$/s)
  const twice = await say(socket, own + own, 2)
  assert.equal(twice.match(/HTTP\/1\.1 200 OK/g)!.length, 2)
})

test('what is not plainly one request is answered as on a connection that nobody watches', async (t) => {
  const { watched, fresh } = await full(t)
  const others: [string, RegExp, string, number?][] = [
    ['two at once', /^(HTTP\/1\.1 503 .*){2}/s, request + request, 2],
    ['without Host', /^HTTP\/1\.1 400 .*no Host/s, request.replace('Host: x\n', '')],
    [
      'chunked',
      /^HTTP\/1\.1 503 /,
      `${request.replace('Content-Length: 7', 'Transfer-Encoding: chunked').replace(/\n\n/, '\n\n7\n')}\n0\n\n`,
    ],
    ['a length that is none', /^HTTP\/1\.1 400 /, request.replace('Length: 7', 'Length: seven')],
    ['two lengths', /^HTTP\/1\.1 400 /, request.replace('Content-Length: 7', 'Content-Length: 7\nContent-Length: 8')],
    ['no HTTP', /^HTTP\/1\.1 400 /, 'hello\n\n'],
    ['a watcher', /^HTTP\/1\.1 200 /, 'GET /healthz HTTP/1.1\nHost: x\n\n'],
  ]
  for (const [name, expected, text, count] of others) {
    assert.match(await say(await fresh(), text, count), expected, `${name}, new`)
    assert.match(await say(await watched(), text, count), expected, `${name}, watched`)
  }
  const leaving = await watched()
  assert.match(await say(leaving, request.replace('Host: x', 'Host: x\nConnection: close')), /^HTTP\/1\.1 503 /)
  await once(leaving, 'close')
  const inPieces = await watched()
  const heard = heardOn(inPieces)
  const bytes = bytesOf(request)
  let sent = 0
  for (const end of [10, 60, 120, bytes.length]) {
    inPieces.write(bytes.slice(sent, end))
    sent = end
    await delay(20)
  }
  assert.match(await heard, /^HTTP\/1\.1 503 /)
  assert.match(await say(inPieces, request), /^HTTP\/1\.1 503 /)
})

test('a connection that is watched for long is not taken for one on which no request ends', async (t) => {
  const soon = { headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 20 }
  const { watched } = await full(t, soon)
  const socket = await watched()
  const heard = heardOn(socket, 5)
  for (let asked = 0; asked < 5; asked++) {
    socket.write(bytesOf(request))
    await delay(150)
  }
  assert.match(await heard, /^(HTTP\/1\.1 503 .*?"busy".*?\}){5}$/s)
  assert.match(await say(socket, request.slice(0, 20)), /^HTTP\/1\.1 408 /)
})

test('a client that closes its side behind its request has its answer', async (t) => {
  const { watched } = await full(t)
  const socket = await watched()
  socket.end(bytesOf(request))
  assert.match(await heardOn(socket), /^HTTP\/1\.1 503 .*\}$/s)
})

test('a client that takes no answers has them all once it does, and they do not pile up here', {
  timeout: 60_000,
}, async (t) => {
  const { app, watched } = await full(t)
  const served = once(app.server, 'connection')
  const socket = await watched()
  const [theirs] = (await served) as [Socket]
  socket.pause()
  const count = 40_000
  let most = 0
  for (let sent = 0; sent < count; sent += 500) {
    socket.write(bytesOf(request).repeat(500))
    await turnOfLoop()
    most = Math.max(most, theirs.writableLength)
  }
  assert.ok(most < 2_000_000, `${most} bytes`)
  let answers = 0
  let rest = ''
  for await (const bytes of socket) {
    const text = rest + bytes
    answers += text.match(/"requestId"/g)?.length ?? 0
    rest = text.slice(1 - '"requestId"'.length)
    if (answers >= count) break
  }
  assert.equal(answers, count)
})

/** A doorkeeper on a clock of its own, whose connections are no sockets. */
function simulated() {
  const state = { now: 0, full: true }
  const doorkeeper = createDoorkeeper({
    now: () => state.now,
    isFull: () => state.full,
    isIdle: () => true,
    // A tenth of a millisecond each.
    refusalOf: () => {
      state.now += 0.1
      return 'no'
    },
  })
  const connection = (writableLength = 0) => {
    const heard: string[] = []
    const socket = Object.assign(new EventEmitter(), {
      writable: true,
      writableLength,
      write: (text: string) => heard.push(text),
    })
    socket.on('data', () => heard.push('let in'))
    doorkeeper.watch(socket as unknown as Socket)
    return { heard, say: (text = request) => socket.emit('data', Buffer.from(bytesOf(text))), socket }
  }
  return { state, connection, doorkeeper }
}

test('refusals take a share of the time, in the order in which they came, and none waits for more than two seconds', async () => {
  const { state, connection } = simulated()
  const all = Array.from({ length: 400 }, () => connection())
  const refused = () => all.filter(({ heard }) => heard.length > 0).length
  for (const { say } of all) say()
  assert.equal(refused(), 0)
  await turnOfLoop()
  assert.equal(refused(), 2, 'the least')
  state.now += 100
  await turnOfLoop()
  assert.ok(Math.abs(refused() - 102) <= 1, `${refused()}, a tenth of 100 ms`)
  assert.ok(all.slice(0, refused()).every(({ heard }) => heard[0] === 'no'))
  state.now += 1_900
  await turnOfLoop()
  assert.equal(refused(), 400)
})

test('who waits is let in where there is room by now, and forgotten where it is gone', async () => {
  const { state, connection } = simulated()
  const [patient, gone, last] = [connection(), connection(), connection()]
  for (const { say } of [patient, gone, last]) say()
  gone.socket.emit('close')
  state.full = false
  await turnOfLoop()
  assert.deepEqual([patient.heard, gone.heard, last.heard], [['let in'], [], ['let in']])
})

test('who has not taken the last answer is passed on, and nobody waits in a server that closes', async () => {
  const { connection, doorkeeper } = simulated()
  const [slow, waiting] = [connection(1), connection()]
  slow.say()
  assert.deepEqual(slow.heard, ['let in'])
  waiting.say()
  assert.deepEqual(waiting.heard, [])
  doorkeeper.close()
  assert.deepEqual(waiting.heard, ['no'])
})

test('who watches the server waits for nobody, nor does a piece of a request', () => {
  const { connection } = simulated()
  for (const text of ['GET /healthz HTTP/1.1\nHost: x\n\n', request.slice(0, -3)]) {
    const { heard, say } = connection()
    say(text)
    assert.deepEqual(heard, ['let in'], text)
  }
})

test('what comes behind one that waits follows it', async () => {
  const { connection } = simulated()
  const { heard, say } = connection()
  say()
  say()
  await turnOfLoop()
  assert.equal(heard[0], 'let in')
})

test('only a whole request is taken for one', () => {
  const whole = bytesOf(request)
  assert.ok(headOfWhole(Buffer.from(whole))!.endsWith('Content-Length: 7\r\n'))
  for (let end = 0; end < whole.length; end++) {
    assert.equal(headOfWhole(Buffer.from(whole.slice(0, end))), null, `cut after ${end}`)
    assert.equal(headOfWhole(Buffer.from(whole + whole.slice(0, end + 1))), null, `${end + 1} more`)
  }
  const get = 'GET /v1/lines HTTP/1.1\nHost: x\n\n'
  const others = [
    get.replace('GET', 'HEAD'),
    get.replace('1.1', '1.0'),
    get.replace('/v1', 'http://x/v1'),
    get.replace('/v1/lines', '/metrics'),
    get.replace('Host: x', 'Host: x\nExpect: 100-continue'),
    get.replace('Host: x', 'Host: x\nConnection: close'),
    get.replace('Host: x', 'Host: x\n folded'),
    get.replace('Host: x', 'Host: x\nContent-Length: 0\nContent-Length: 0'),
    get.replace('Host: x', 'Host: x\nContent-Length : 0'),
    get.replace('Host: x', 'Host: x\nContent-Length: 0, 0'),
  ]
  assert.equal(headOfWhole(Buffer.from(bytesOf(get))), bytesOf(get).slice(0, -2))
  assert.notEqual(headOfWhole(Buffer.from(bytesOf(get.replace('Host: x', 'Host: x\nConnection: keep-alive')))), null)
  for (const other of others) assert.equal(headOfWhole(Buffer.from(bytesOf(other))), null, other)
})
