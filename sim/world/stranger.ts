/** Somebody with a key of another tenant, who asks for what is this world's and must not learn that it is there. */
import type { Line } from '../auditor/line.ts'
import { type Chance, chanceOf } from './chance.ts'
import { createCourier, type Desk } from './courier.ts'
import type { House } from './house.ts'
import type { World } from './people.ts'

export interface Stranger {
  knock(world: World): Promise<void>
}

export async function strangerOf(
  house: House,
  seed: number,
  order: { timeZone: string; now: string },
): Promise<Stranger> {
  const scene = { chance: chanceOf(seed, 0, 0, 0x7f), at: Date.UTC(2026, 0, 1) }
  const { tenantId, secret } = await house.openSandbox(scene, { ...order, name: `Stranger of ${seed}` })
  const courier = createCourier({ house, seed, tenantId, secret, withFaults: false })
  return {
    async knock(world) {
      const chance = chanceOf(seed, world.auditor.today, 0, 0x7f)
      const all = doors(world, chance)
      await courier.atOnce(all.length, (desk, place) => refused(desk, all[place]!))
    },
  }
}

type Door = readonly [method: 'get' | 'post', path: string, body?: object]

/** One of each kind, and something to read and to change of it. */
function doors({ auditor, merchants, funders, products }: World, chance: Chance): Door[] {
  const lines = [...auditor.lines.values()]
  const line = chance.pick(lines)
  const merchantId = chance.pick(merchants)
  const ofLine: Door[] = [
    ['get', `/v1/lines/${line.id}`],
    ['get', `/v1/loans?lineId=${line.id}`],
    ['get', `/v1/charges?lineId=${line.id}`],
    ['get', `/v1/repayments?lineId=${line.id}`],
    ['get', `/v1/statements?lineId=${line.id}`],
    ['get', `/v1/disputes?lineId=${line.id}`],
    ['post', `/v1/lines/${line.id}/limit`, { limit: 1_000_000 }],
    ['post', `/v1/lines/${line.id}/freeze`],
    ['post', `/v1/lines/${line.id}/pay-back`, {}],
    ['post', '/v1/repayments', { lineId: line.id, amount: 100 }],
    ['post', '/v1/charges', purchase(line.id, merchantId)],
    ['post', '/v1/payouts', { merchantId }],
    ['post', '/v1/payouts', { funderId: chance.pick(funders) }],
    ['post', `/v1/programs/${chance.pick(products).facts.id}/activate`],
  ]
  return [...ofLine, ...doorsOfDealings(lines, chance)]
}

function purchase(lineId: string, merchantId: string): object {
  return { lineId, merchantId, currency: 'CNY', amount: 500, plan: 'pay-later', capture: true }
}

function doorsOfDealings(lines: readonly Line[], chance: Chance): Door[] {
  const buyers = lines.filter((line) => line.loans.length > 0)
  if (buyers.length === 0) return []
  const { loans, charges, repayments } = chance.pick(buyers)
  const [loan, charge] = [chance.pick(loans).id, chance.pick(charges).id]
  const repayment = repayments.find(({ id }) => id !== '')?.id
  return [
    ['get', `/v1/loans/${loan}`],
    ['get', `/v1/loans/${loan}/payoff`],
    ['post', `/v1/loans/${loan}/settle`],
    ['post', `/v1/loans/${loan}/write-off`, {}],
    ['post', `/v1/loans/${loan}/waive`, { component: 'penalty', amount: 1 }],
    ['get', `/v1/charges/${charge}`],
    ['post', `/v1/charges/${charge}/void`],
    ['post', `/v1/charges/${charge}/refunds`, { amount: 1 }],
    ['post', `/v1/charges/${charge}/disputes`, { reason: 'other' }],
    ...doorsOfDispute(lines),
    ...(repayment === undefined ? [] : [['post', `/v1/repayments/${repayment}/reverse`, {}] as const]),
  ]
}

/** Of the first there was, decided or not. */
function doorsOfDispute(lines: readonly Line[]): Door[] {
  const dispute = lines.find(({ disputes }) => disputes.length > 0)?.disputes[0]
  if (dispute === undefined) return []
  return [
    ['get', `/v1/disputes/${dispute.id}`],
    ['post', `/v1/disputes/${dispute.id}/resolve`, { outcome: 'withdrawn' }],
  ]
}

async function refused(desk: Desk, [method, path, body]: Door): Promise<void> {
  const answer = method === 'get' ? await desk.get(path) : await desk.post(path, body)
  if (answer.body.code === 'not-found') return
  throw new Error(`a stranger: ${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}, should be not-found`)
}
