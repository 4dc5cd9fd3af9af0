import type { Dispute } from './answers.ts'
import type { Scene } from './requests.ts'
import { buy, customer, hold, made } from './world.ts'

/** Path, body, and how it is refused. */
export type Refused = readonly [path: string, body: object | undefined, status: number, code: string]

/** 3.00 of 5.00. */
async function disputed({ call, lineId, ...scene }: Scene): Promise<Dispute> {
  const { id } = await buy({ call, ...scene }, lineId, 500)
  return made<Dispute>(call, `/v1/charges/${id}/disputes`, { amount: 300, reason: 'not-as-described' })
}

/** Of a customer whose one line is closed. */
async function settled(scene: Scene): Promise<{ customerId: string; chargeId: string }> {
  const customerId = await customer(scene.call)
  const { id: lineId } = await made<{ id: string }>(scene.call, '/v1/lines', { customerId, programId: scene.programId })
  const { id: chargeId } = await buy(scene, lineId, 500)
  await made(scene.call, '/v1/repayments', { lineId, amount: 500 })
  await made(scene.call, `/v1/lines/${lineId}/close`)
  return { customerId, chargeId }
}

export const disputeRefusals: Record<string, (scene: Scene) => Promise<Refused>> = {
  'a dispute of more than was captured': async (scene) => [
    `/v1/charges/${(await buy(scene, scene.lineId, 500)).id}/disputes`,
    { amount: 501, reason: 'not-received' },
    422,
    'dispute-above-captured',
  ],
  'a dispute of a hold': async (scene) => [
    `/v1/charges/${(await hold(scene, scene.lineId, 500)).id}/disputes`,
    { reason: 'not-received' },
    422,
    'dispute-above-captured',
  ],
  'a second dispute of a charge': async (scene) => {
    const { chargeId } = await disputed(scene)
    return [`/v1/charges/${chargeId}/disputes`, { amount: 1, reason: 'duplicate' }, 409, 'charge-disputed']
  },
  'a refund of what is disputed': async (scene) => {
    const { chargeId } = await disputed(scene)
    return [`/v1/charges/${chargeId}/refunds`, { amount: 201 }, 409, 'charge-disputed']
  },
  'more upheld than was disputed': async (scene) => {
    const { id } = await disputed(scene)
    return [`/v1/disputes/${id}/resolve`, { outcome: 'upheld', amount: 301 }, 422, 'dispute-above-disputed']
  },
  'a part of a dispute that is rejected': async (scene) => {
    const { id } = await disputed(scene)
    return [`/v1/disputes/${id}/resolve`, { outcome: 'rejected', amount: 1 }, 400, 'invalid-request']
  },
  'erasing a customer with a dispute': async (scene) => {
    const { customerId, chargeId } = await settled(scene)
    await made(scene.call, `/v1/charges/${chargeId}/disputes`, { reason: 'other' })
    return [`/v1/customers/${customerId}/erase`, undefined, 409, 'charge-disputed']
  },
  'a dispute of a customer who was erased': async (scene) => {
    const { customerId, chargeId } = await settled(scene)
    await made(scene.call, `/v1/customers/${customerId}/erase`)
    return [`/v1/charges/${chargeId}/disputes`, { reason: 'other' }, 409, 'customer-erased']
  },
  'a dispute that was decided before': async (scene) => {
    const { id } = await disputed(scene)
    await made(scene.call, `/v1/disputes/${id}/resolve`, { outcome: 'withdrawn' })
    return [`/v1/disputes/${id}/resolve`, { outcome: 'upheld' }, 409, 'dispute-resolved']
  },
}
