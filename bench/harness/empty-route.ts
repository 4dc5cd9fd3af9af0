/** The least a Fastify server can do: reads a JSON body, answers `{}`. Started by quote.ts. */
import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'

const app = fastify()
app.post('/empty', async () => ({}))
await app.listen({ host: '127.0.0.1', port: 0 })
process.send!((app.server.address() as AddressInfo).port)
