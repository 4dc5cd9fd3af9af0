/** A small world for a newcomer: a sandbox with funders, programs, merchants, customers and a few purchases. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as charges from './charges/service.ts'
import { baitiaoTerms, cardTerms } from './demo-terms.ts'
import * as lines from './lines/service.ts'
import { openSandbox } from './parties/access.ts'
import * as customers from './parties/customers.ts'
import * as funders from './parties/funders.ts'
import * as merchants from './parties/merchants.ts'
import { type Context, contextForJob, type Platform } from './platform/context.ts'
import * as programs from './programs/service.ts'
import { payAtOnce } from './settlement/service.ts'

export interface DemoWorld {
  readonly tenantId: string
  readonly secretKey: string
  readonly programs: { readonly baitiao: string; readonly card: string }
  readonly funders: readonly string[]
  readonly merchants: Readonly<Record<string, string>>
  readonly customers: readonly { readonly name: string; readonly customerId: string; readonly lineId: string }[]
}

/** By this name one is known that another server made. */
const demoName = 'Demo mall'

/** Fills an empty database and writes ids and key to `demo.json`; gives the lines to print, by the server's address. */
export async function ensureDemoWorld(platform: Platform): Promise<(address: string) => string[]> {
  const file = join(platform.config.home, 'demo.json')
  // Lies there while a world is being made. One that was cut off left a key that nobody knows; it gets a successor.
  const begun = `${file}.begun`
  const tenants = await tenantNames(platform)
  const known = readWorld(file)
  if (known !== null && tenants.has(known.tenantId)) return hints(file, known)
  const tenantId = platform.ids.create('ten')
  if ((tenants.size === 0 || isCutOff(platform, begun, tenants)) && noteBegun(begun, tenantId)) {
    const world = await makeDemoWorld(platform, tenantId)
    writeFileSync(`${file}.new`, `${JSON.stringify(world, null, 2)}\n`, { mode: 0o600, flush: true })
    renameSync(`${file}.new`, file)
    rmSync(begun, { force: true })
    return hints(file, world)
  }
  return [...tenants.values()].includes(demoName) ? () => [keyIsElsewhere(file)] : () => []
}

async function tenantNames({ db }: Platform): Promise<Map<string, string>> {
  return new Map(
    (await db<{ id: string; name: string }[]>`select id, name from tenants`).map(({ id, name }) => [id, name]),
  )
}

/**
 * A database of one's own has other servers, with folders of their own: of those only the one that began this very world makes it
 * anew. The embedded one has its folder to itself.
 */
function isCutOff({ config }: Platform, begun: string, tenants: ReadonlyMap<string, string>): boolean {
  if (config.databaseUrl === null) return existsSync(begun)
  return (textOf(begun) ?? '').split('\n').some((tenantId) => tenants.has(tenantId))
}

/**
 * Says whose world is being made before there is anything of it. Added to those begun before: cut off once more before its tenant
 * is there, the world is still known by an earlier one. Whoever brings a database may give this process no folder to write to,
 * and gets no demo world then.
 */
function noteBegun(begun: string, tenantId: string): boolean {
  try {
    mkdirSync(dirname(begun), { recursive: true, mode: 0o700 })
    appendFileSync(begun, `${tenantId}\n`, { mode: 0o600, flush: true })
    return true
  } catch {
    return false
  }
}

function readWorld(file: string): DemoWorld | null {
  try {
    return JSON.parse(textOf(file) ?? 'null') as DemoWorld | null
  } catch {
    return null
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** Nothing to try where there is no demo world: a database of the operator's own, which is not the one the file is about. */
function hints(file: string, world: DemoWorld): (address: string) => string[] {
  const quote = JSON.stringify({ programId: world.programs.baitiao, amount: 399_900 })
  return (address) => [
    `export KEY=$(node -p "require('${file}').secretKey")`,
    `curl -H "Authorization: Bearer $KEY" ${address}/v1/trial-balance`,
    `curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '${quote}' ${address}/v1/quotes`,
    `The demo world’s ids and key are in ${file}`,
  ]
}

/** The world is there, but its key, which is shown once, was written elsewhere or lost. */
function keyIsElsewhere(file: string): string {
  return `No key for the demo world is in ${file}: start with the CHIT_HOME that made it, or, if that is lost, on an empty database`
}

async function makeDemoWorld(platform: Platform, tenantId: string): Promise<DemoWorld> {
  const sandbox = await openSandbox(platform, { name: demoName, timeZone: 'Asia/Shanghai' }, tenantId)
  const ctx = await contextForJob(platform, sandbox.tenantId, 'system:demo')
  const bank = await funders.create(ctx, { name: 'Harbour Bank' })
  const trust = await funders.create(ctx, { name: 'Plum Consumer Finance' })
  const funderIds = [bank.body.id, trust.body.id]
  const baitiao = await activated(
    ctx,
    'Baitiao',
    baitiaoTerms([
      { funderId: bank.body.id, basisPoints: 7_000 },
      { funderId: trust.body.id, basisPoints: 3_000 },
    ]),
  )
  const card = await activated(ctx, 'White card', cardTerms())
  const phones = await merchants.create(ctx, { name: 'Phones & More', reference: 'phones' })
  const grocer = await merchants.create(ctx, { name: 'Corner Grocer', reference: 'grocer', feePercent: '0.5' })
  const people = [
    { name: 'Lin Xiaoyu', idNumber: 'DEMO-0001', reference: 'lin' },
    { name: 'Wang Min', idNumber: 'DEMO-0002', reference: 'wang' },
    { name: 'Chen Jie', idNumber: 'DEMO-0003', reference: 'chen' },
  ]
  const opened = []
  for (const person of people) opened.push(await openLine(ctx, baitiao, person))
  await buy(ctx, opened[0]!.lineId, phones.body.id, 399_900n, '12x')
  await buy(ctx, opened[0]!.lineId, grocer.body.id, 25_900n, 'pay-later')
  await buy(ctx, opened[1]!.lineId, grocer.body.id, 8_850n, 'pay-later')
  return {
    tenantId: sandbox.tenantId,
    secretKey: sandbox.secretKey,
    programs: { baitiao, card },
    funders: funderIds,
    merchants: { phones: phones.body.id, grocer: grocer.body.id },
    customers: opened,
  }
}

async function activated(
  ctx: Context,
  name: string,
  terms: Parameters<typeof programs.create>[1]['terms'],
): Promise<string> {
  const { body } = await programs.create(ctx, { name, terms })
  await programs.activate(ctx, body.id)
  return body.id
}

async function openLine(
  ctx: Context,
  programId: string,
  person: { name: string; idNumber: string; reference: string },
) {
  const customer = await customers.create(ctx, { kind: 'consumer', ...person })
  const line = await lines.apply(ctx, { customerId: customer.body.id, programId })
  return { name: person.name, customerId: customer.body.id, lineId: line.body.id }
}

async function buy(ctx: Context, lineId: string, merchantId: string, amount: bigint, plan: string): Promise<void> {
  const order = { lineId, merchantId, amount, currency: 'CNY', plan, capture: true }
  await charges.authorize(ctx, order, payAtOnce)
}
