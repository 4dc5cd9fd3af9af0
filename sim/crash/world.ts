/** A small sandbox whose every row came through the API, so that the audit may be strict. */

import type { Server } from '../../bench/harness/server.ts'
import { createClient } from '../../cli/http/client.ts'
import { baitiaoTerms } from '../../server/demo-terms.ts'
import { stringifyJson } from '../../server/platform/json.ts'

export interface CrashWorld {
  readonly key: string
  readonly tenantId: string
  readonly lines: readonly string[]
  readonly merchants: readonly string[]
}

const lineCount = 200
const merchantCount = 5

export async function makeCrashWorld(server: Server): Promise<CrashWorld> {
  const opener = createClient(server)
  const sandbox = await opener.post<{ tenantId: string; secretKey: string }>('/v1/sandboxes', { name: 'Crash' })
  opener.close()
  const client = createClient({ url: server.url, key: sandbox.secretKey, connections: 16 })
  const made = async (path: string, body: unknown) => (await client.post<{ id: string }>(path, body)).id
  const funderId = await made('/v1/funders', { name: 'Bank' })
  const terms = baitiaoTerms([{ funderId, basisPoints: 6_000 }])
  const programId = await made('/v1/programs', JSON.parse(stringifyJson({ name: 'Baitiao', terms })))
  await client.post(`/v1/programs/${programId}/activate`)
  const merchants = await Promise.all(
    Array.from({ length: merchantCount }, (_, index) => made('/v1/merchants', { name: `Shop ${index}` })),
  )
  const lines = await Promise.all(
    Array.from({ length: lineCount }, async (_, index) => {
      const customerId = await made('/v1/customers', { name: 'Lin', reference: `person-${index}` })
      return made('/v1/lines', { customerId, programId })
    }),
  )
  client.close()
  return { key: sandbox.secretKey, tenantId: sandbox.tenantId, lines, merchants }
}
