/** The day's payments as one file for the bank: a header, a line per payment, a trailer to check count and sum by. */
import { formatMinor } from '../../core/money.ts'
import type { Payout } from './types.ts'

export function batchFile(on: string, payouts: readonly Payout[]): string {
  const byCurrency = Map.groupBy(payouts, (payout) => payout.currency)
  return [...byCurrency].map(([currency, own]) => batchOf(on, currency, own)).join('')
}

function batchOf(on: string, currency: string, payouts: readonly Payout[]): string {
  const total = payouts.reduce((sum, payout) => sum + payout.amountMinor, 0n)
  return [
    `H,${on},${currency},chit`,
    ...payouts.map(lineOf),
    `T,${payouts.length},${formatMinor(total, currency)}`,
    '',
  ].join('\n')
}

function lineOf({ id, direction, payeeKind, payeeId, amountMinor, currency, throughOn }: Payout): string {
  return `D,${id},${direction},${payeeKind},${payeeId},${formatMinor(amountMinor, currency)},${throughOn}`
}
