import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Type } from 'typebox'
import { type Admission, createAdmission } from './admission.ts'
import type { App } from './http.ts'
import { object } from './schema.ts'
import { testApp } from './testing.ts'

export const places = 2

/** A real listener with two places, and a route that answers when it is told to. */
export async function fullHouse(t: TestContext, serverOptions: object = {}) {
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const admission = createAdmission({ now: () => performance.now(), waitMaxMs: 0, alwaysAdmitted: places })
  const big = 'x'.repeat(8_000_000)
  const routes = (app: App) => {
    const schema = { body: object({ n: Type.Integer() }), response: { 200: object({ n: Type.Integer() }) } }
    app.post('/v1/wait', { schema }, async (request) => {
      await gate
      return request.body
    })
    app.get('/v1/big', { schema: { response: { 200: object({ text: Type.String() }) } } }, async () => ({ text: big }))
  }
  const sockets: Socket[] = []
  const asked: Promise<Response>[] = []
  // Before the application is closed, which waits for its requests and then for connections that were busy until now.
  t.after(async () => {
    open()
    await Promise.allSettled(asked)
    for (const socket of sockets) socket.destroy()
  })
  const { app, key } = await testApp(t, routes, { parts: { admission } })
  Object.assign(app.server, serverOptions)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const ask = (n: number) => {
    const answer = fetch(`http://127.0.0.1:${port}/v1/wait`, { method: 'POST', headers, body: JSON.stringify({ n }) })
    asked.push(answer)
    return answer
  }
  const raw = async (text: string) => {
    const socket = connect({ host: '127.0.0.1', port })
    sockets.push(socket)
    await once(socket, 'connect')
    socket.write(text.replaceAll('\n', '\r\n').replace('KEY', key))
    return socket
  }
  return { app, admission, open, ask, raw, port, key }
}

export async function until(admission: Admission, inside: number): Promise<void> {
  for (let waited = 0; admission.inside() !== inside; waited += 10) {
    assert.ok(waited < 5_000, `${admission.inside()} inside, expected ${inside}`)
    await delay(10)
  }
}

/** For `raw`: the head of a request that waits, whose body has seven bytes. */
export const waitHead =
  'POST /v1/wait HTTP/1.1\nHost: x\nAuthorization: Bearer KEY\nContent-Type: application/json\nContent-Length: 7\n\n'
