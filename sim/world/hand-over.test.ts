/** What is handed to the router by hand is answered as over Fastify's own `inject`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { handOver, openSocket } from './hand-over.ts'

test('a request gets the answer that it gets with the streams and sockets of HTTP in between', async (t) => {
  const app = fastify()
  t.after(() => app.close())
  app.get('/plain', (_request, reply) => reply.header('x-mark', 'seen').send({ text: '白条' }))
  app.post('/echo', (request, reply) => reply.code(201).send({ body: request.body, key: request.headers['x-key'] }))
  app.post('/nothing', (_request, reply) => reply.code(204).send())
  app.get('/broken', () => {
    throw new Error('broken')
  })
  await app.ready()
  const json = { 'content-type': 'application/json' }
  const requests = [
    { method: 'GET', url: '/plain?limit=1', headers: {}, body: null },
    { method: 'POST', url: '/echo', headers: { ...json, 'x-key': 'one' }, body: '{"name":"林"}' },
    { method: 'POST', url: '/echo', headers: json, body: '{"name":' },
    { method: 'POST', url: '/echo', headers: {}, body: null },
    { method: 'POST', url: '/nothing', headers: {}, body: null },
    { method: 'GET', url: '/broken', headers: {}, body: null },
    { method: 'GET', url: '/nowhere', headers: {}, body: null },
  ]
  const socket = openSocket()
  for (const request of requests) {
    const { method, url, headers, body } = request
    const injected = await app.inject({ method: method as 'GET', url, headers, ...(body === null ? {} : { body }) })
    const handed = await handOver(app.routing, { ...request, socket })
    assert.deepEqual([handed.status, handed.text], [injected.statusCode, injected.body], url)
    assert.deepEqual(handed.headers.get('x-mark'), injected.headers['x-mark'], url)
  }
})
