/** A fresh sandbox for one run: nothing else on the server is touched. */
import { createClient } from './client.ts'
import type { ServerAddress } from './server.ts'

export interface SandboxOrder {
  readonly name: string
  readonly timeZone: string
  /** Where its clock starts: a date or an instant. */
  readonly now: string
}

interface Sandbox {
  readonly tenantId: string
  readonly secretKey: string
}

/** Gives the sandbox's id, and its address with the key that opens it. */
export async function openSandbox(
  server: ServerAddress,
  order: SandboxOrder,
): Promise<{ readonly tenantId: string; readonly address: ServerAddress }> {
  const maker = createClient(server)
  try {
    const { tenantId, secretKey } = await maker.post<Sandbox>('/v1/sandboxes', order)
    return { tenantId, address: { url: server.url, key: secretKey } }
  } finally {
    maker.close()
  }
}
