/** `npm run demo`: a credit story told through the API, on a server of its own or a running one. */
import { CommandError, parseCommandLine, runCommand } from '../command-line.ts'
import { ApiProblem, createClient, Unreachable } from '../http/client.ts'
import { openSandbox } from '../http/sandbox.ts'
import { type ServerOptions, withServer } from '../http/server.ts'
import { startsOn, tellStory } from './story.ts'

const help = `npm run demo -- [--url URL --key KEY]

Tells a credit story through the HTTP API: a line, a phone in 12 instalments, a refund, bills, autopay, a missed month,
early settlement, payouts, the books. Starts a server of its own with a temporary database and removes both afterwards.

  --url URL    a running server instead, for example http://127.0.0.1:8080
  --key KEY    a sandbox key of it; absent: CHIT_KEY, or the key of the demo world in .chit/demo.json
`

function readSettings(): ServerOptions | null {
  const options = { url: { type: 'string' }, key: { type: 'string' }, help: { type: 'boolean' } } as const
  const { help: isHelpAsked, ...order } = parseCommandLine({ options }).values
  return isHelpAsked ? null : order
}

async function main(order: ServerOptions): Promise<number> {
  const startedAt = performance.now()
  await withServer(order, async (server) => {
    const world = { name: 'Demo story', timeZone: 'Asia/Shanghai', now: `${startsOn}T02:00:00Z` }
    const { tenantId, address } = await openSandbox(server, world)
    const client = createClient(address)
    console.log(`Chit at ${server.url}, a fresh sandbox ${tenantId} whose clock stands at ${startsOn}.`)
    try {
      await tellStory({ client, say: (text) => console.log(text) })
    } finally {
      client.close()
    }
  })
  console.log(`\nTold in ${((performance.now() - startedAt) / 1000).toFixed(1)} s. All figures are as they must be.`)
  return 0
}

try {
  process.exitCode = await runCommand('demo', help, readSettings, main)
} catch (error) {
  const isPlain = error instanceof CommandError || error instanceof Unreachable || error instanceof ApiProblem
  console.error(isPlain ? `demo: ${(error as Error).message}` : error)
  process.exitCode = 1
}
