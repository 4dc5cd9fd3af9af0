/**
 * One customer from the first limit to the last cent, told through the API. Each chapter calls it, says in a sentence
 * what that meant, shows the figures, and checks them: a wrong one ends the story.
 */
import { roundQuotient } from '../../core/rounding.ts'
import { baitiaoTerms } from '../../server/demo-terms.ts'
import type * as api from '../http/api.ts'
import type { Client } from '../http/client.ts'
import { minor, money } from '../http/money.ts'
import * as show from './show.ts'

export const startsOn = '2026-03-05'
const currency = 'CNY'
const phonePrice = 399_900
const groceriesPrice = 25_900
const refundAmount = 50_000

export interface Cast {
  readonly client: Client
  readonly say: (text: string) => void
}

interface Shop {
  readonly program: api.Program
  readonly funders: readonly { readonly id: string; readonly name: string; readonly basisPoints: number }[]
  readonly merchant: api.Created & { readonly name: string }
}

interface Purchase {
  readonly line: api.Line
  readonly phone: api.Charge
  /** What each loan was for. */
  readonly goods: ReadonlyMap<string, string>
}

export async function tellStory(cast: Cast): Promise<void> {
  const shop = await openShop(cast)
  const line = await activateLine(cast, shop)
  const bought = await buy(cast, shop, line)
  await refund(cast, bought)
  await payMerchant(cast, shop)
  await billAndCollect(cast, bought)
  await missAMonth(cast, bought)
  await settleEarly(cast, bought)
  await payFunders(cast, shop)
  await closeTheBooks(cast, shop)
}

/** A figure of the story that is not what the trade demands. */
export function check(holds: boolean, demand: string): void {
  if (!holds) throw new Error(`The figures are wrong: ${demand}.`)
}

function chapter({ say }: Cast, title: string, ...meaning: string[]): void {
  say(`\n${title}\n${'─'.repeat(title.length)}\n${meaning.join('\n')}\n`)
}

async function openShop(cast: Cast): Promise<Shop> {
  const { client, say } = cast
  const funders = []
  for (const [name, basisPoints] of [
    ['Harbour Bank', 7_000],
    ['Plum Consumer Finance', 3_000],
  ] as const) {
    funders.push({ ...(await client.post<api.Created>('/v1/funders', { name })), name, basisPoints })
  }
  const terms = baitiaoTerms(funders.map(({ id, basisPoints }) => ({ funderId: id, basisPoints })))
  const draft = await client.post<api.Program>('/v1/programs', { name: 'Baitiao', terms })
  const program = await client.post<api.Program>(`/v1/programs/${draft.id}/activate`)
  const merchant = {
    ...(await client.post<api.Created>('/v1/merchants', { name: 'Phones & More' })),
    name: 'Phones & More',
  }
  chapter(
    cast,
    '1  The product',
    `Baitiao: a bill on the 3rd, due on the 13th, up to ${program.review.interestFreeDaysMax} days free. It could be activated because the true yearly`,
    `cost of every plan is below the cap of ${program.review.capPercent} %. Two funders lend: ${funders.map(({ name, basisPoints }) => `${name} ${basisPoints / 100} %`).join(', ')}.`,
  )
  say(show.costs(program))
  return { program, funders, merchant }
}

async function activateLine(cast: Cast, shop: Shop): Promise<api.Line> {
  const { client, say } = cast
  const customer = await client.post<api.Created>('/v1/customers', { name: 'Lin Xiaoyu', phone: '13800000000' })
  const line = await client.post<api.Line>('/v1/lines', { customerId: customer.id, programId: shop.program.id })
  check(line.status === 'active' && line.available === line.limit, 'a new line is active and unused')
  chapter(
    cast,
    `2  ${startsOn}: Lin Xiaoyu activates her line`,
    `The decision comes with the answer: ${money(line.limit, currency)} ${currency}. Reason: ${line.decision.reasons[0]?.text ?? 'none given'}`,
  )
  const quote = await client.post<{ plans: readonly api.PlanQuote[] }>('/v1/quotes', {
    lineId: line.id,
    amount: phonePrice,
  })
  say(`  What a phone of ${money(phonePrice, currency)} would cost under each plan, before anything is bought:\n`)
  say(show.quotes(quote.plans, currency))
  return line
}

async function buy(cast: Cast, { merchant }: Shop, line: api.Line): Promise<Purchase> {
  const { client, say } = cast
  const order = { lineId: line.id, merchantId: merchant.id, currency }
  const phone = await client.post<api.Charge>('/v1/charges', {
    ...order,
    amount: phonePrice,
    plan: '12x',
    reference: 'phone',
  })
  const groceries = await client.post<api.Charge>('/v1/charges', {
    ...order,
    amount: groceriesPrice,
    plan: 'pay-later',
    reference: 'groceries',
  })
  const after = await client.get<api.Line>(`/v1/lines/${line.id}`)
  check(after.owed === phonePrice + groceriesPrice, 'the line owes what was bought')
  check(after.available === after.limit - after.owed, 'what was bought is taken from the limit')
  chapter(
    cast,
    '3  A phone in 12 instalments, groceries on the bill',
    `${money(phonePrice, currency)} in 12 instalments at 0.5 % of the price a month, ${money(groceriesPrice, currency)} pay-later without a charge.`,
    `Owed ${money(after.owed, currency)}, still available ${money(after.available, currency)} of ${money(after.limit, currency)}. The phone’s schedule:`,
  )
  const loan = await loanOf(client, phone)
  say(show.schedule(loan, currency))
  const goods = [
    ...phone.loanIds.map((id) => [id, 'Phone'] as const),
    ...groceries.loanIds.map((id) => [id, 'Groceries'] as const),
  ]
  return { line, phone, goods: new Map(goods) }
}

function loanOf(client: Client, charge: api.Charge): Promise<api.Loan> {
  return client.get<api.Loan>(`/v1/loans/${charge.loanIds[0]}`)
}

async function refund(cast: Cast, { phone }: Purchase): Promise<void> {
  const { client, say } = cast
  const before = await loanOf(client, phone)
  const refunded = await client.post<api.Refund>(`/v1/charges/${phone.id}/refunds`, {
    amount: refundAmount,
    reference: 'case returned',
  })
  const loan = await loanOf(client, phone)
  check(refunded.debtReduced === refundAmount, 'a refund before any repayment reduces the debt alone')
  check(loan.principalOutstanding === phonePrice - refundAmount, 'the refund is off the debt')
  chapter(
    cast,
    `4  ${money(refundAmount, currency)} of the phone order is refunded`,
    'A refund takes from the last instalments first; what is due next month stays as it was agreed.',
  )
  say(show.beforeAndAfter(before, loan, currency))
}

async function payMerchant(cast: Cast, { merchant }: Shop): Promise<void> {
  const { client, say } = cast
  await client.post<api.Advanced>('/v1/clock/advance', { to: '2026-03-07' })
  const { data: payouts } = await client.get<api.Listed<api.Payout>>(`/v1/payouts?payeeId=${merchant.id}`)
  const [account] = (await client.get<api.Listed<api.Account>>(`/v1/accounts?prefix=liability:merchant:${merchant.id}`))
    .data
  check(payouts.length === 1 && payouts[0]!.status === 'paid', 'the merchant is paid the day after')
  check(account?.balance === 0, 'nothing is left owed to the merchant')
  const gross = phonePrice + groceriesPrice - refundAmount
  chapter(
    cast,
    '5  2026-03-06: the merchant is paid (T+1)',
    'The shop has its money on the next day whatever the customer does: sales less refunds, less a fee of 0.8 %.',
  )
  say(show.settlement(gross, payouts[0]!, merchant.name, currency))
}

async function billAndCollect(cast: Cast, { line, goods }: Purchase): Promise<void> {
  const { client, say } = cast
  await client.post<api.Line>(`/v1/lines/${line.id}/autopay`, {
    autopay: { token: 'tok_salary_account', amount: 'total' },
  })
  await client.post<api.Advanced>('/v1/clock/advance', { to: '2026-04-04' })
  const [bill] = await statementsOf(client, line)
  check(bill!.items.reduce((sum, item) => sum + item.total, 0) === bill!.total, 'the bill is the sum of its lines')
  chapter(
    cast,
    `6  ${bill!.closedOn}: the first bill`,
    'One bill for everything that falls due: the first instalment of the phone and the groceries, in one amount.',
  )
  say(show.statement(bill!, goods, currency))
  await client.post<api.Advanced>('/v1/clock/advance', { to: '2026-04-14' })
  const paid = await client.get<api.Statement>(`/v1/statements/${bill!.id}`)
  const [repayment] = (await client.get<api.Listed<api.Repayment>>(`/v1/repayments?lineId=${line.id}`)).data
  check(paid.status === 'paid' && repayment!.amount === bill!.total, 'autopay collects the bill on its due day')
  say(`\n  ${repayment!.effectiveOn}: autopay collects ${money(repayment!.amount, currency)}, spread to the cent:\n`)
  say(show.allocation(repayment!, goods, currency))
}

async function statementsOf(client: Client, line: api.Line): Promise<readonly api.Statement[]> {
  return (await client.get<api.Listed<api.Statement>>(`/v1/statements?lineId=${line.id}`)).data
}

async function missAMonth(cast: Cast, { line, phone }: Purchase): Promise<void> {
  const { client, say } = cast
  await client.post<api.Line>(`/v1/lines/${line.id}/autopay`, {
    autopay: { token: 'tok_insufficient_funds', amount: 'total' },
  })
  const moved = await client.post<api.Advanced>('/v1/clock/advance', { to: '2026-05-20' })
  const loan = await loanOf(client, phone)
  const missed = loan.instalments.find((instalment) => instalment.status === 'past-due')
  const charge = loan.instalments.reduce((sum, instalment) => sum + instalment.penalty, 0)
  check(moved.lateCharges === 1 && missed !== undefined, 'a missed instalment bears one late charge')
  const fivePercent = roundQuotient(minor(missed!.outstanding) * 5n, 100n)
  check(minor(charge) === fivePercent, 'the late charge is 5 % of what is late')
  chapter(
    cast,
    '7  2026-05-13: a month is missed',
    `The account is empty. Three days of grace pass, then 5 % of the ${money(missed!.outstanding, currency)} that are late is charged, once: ${money(charge, currency)}.`,
    `On 2026-05-20 the loan is ${loan.daysPastDue} days past due (bucket ${loan.bucket}); until it is paid no purchase is accepted.`,
  )
  say(show.schedule(loan, currency, 4))
  await refusedPurchase(cast, line, loan)
}

async function refusedPurchase({ client, say }: Cast, line: api.Line, loan: api.Loan): Promise<void> {
  const charge = await client.get<{ merchantId: string }>(`/v1/charges/${loan.chargeId}`)
  const order = { lineId: line.id, merchantId: charge.merchantId, amount: 1_000, currency, plan: 'pay-later' }
  const refusal = await client.post(`/v1/charges`, order).then(
    () => 'accepted',
    (error: Error & { code?: string }) => error.code ?? error.message,
  )
  check(refusal === 'charge-declined', 'a line with a late loan can’t buy')
  say(`\n  A purchase of ${money(1_000, currency)} on that day is refused: ${refusal}.`)
}

async function settleEarly(cast: Cast, { line, phone, goods }: Purchase): Promise<void> {
  const { client, say } = cast
  const owed = await loanOf(client, phone)
  const repayment = await client.post<api.Repayment>(`/v1/loans/${owed.id}/settle`)
  const settled = await loanOf(client, phone)
  const after = await client.get<api.Line>(`/v1/lines/${line.id}`)
  check(repayment.amount === owed.payoff && settled.status === 'paid', 'the payoff settles the loan')
  check(after.owed === 0 && after.available === after.limit, 'the whole limit is free again')
  const agreed = owed.instalments.reduce((sum, instalment) => sum + instalment.outstanding, 0)
  check(repayment.amount < agreed, 'early settlement costs less than paying as scheduled')
  chapter(
    cast,
    '8  2026-05-20: the rest is settled early',
    `As scheduled ${money(agreed, currency)} would still be paid. Settled today it is ${money(repayment.amount, currency)}: the charges of bills to come fall away,`,
    `${money(agreed - repayment.amount, currency)} less. Nothing is owed now, and the whole limit of ${money(after.limit, currency)} is free.`,
  )
  say(show.allocation(repayment, goods, currency))
}

async function payFunders(cast: Cast, { funders }: Shop): Promise<void> {
  const { client, say } = cast
  const ledgers = []
  for (const funder of funders) {
    const accounts = (await client.get<api.Listed<api.Account>>(`/v1/accounts?prefix=liability:funder:${funder.id}`))
      .data
    ledgers.push({ ...funder, accounts, payout: await client.post<api.Payout>('/v1/payouts', { funderId: funder.id }) })
  }
  const [first, second] = ledgers.map(show.lentBy)
  const lent = phonePrice + groceriesPrice
  check(first! + second! === lent && first! === (lent * 7) / 10, 'the funders lent 70 and 30 % of every purchase')
  chapter(
    cast,
    '9  The funders',
    'Every purchase, refund and repayment was split 70/30 as it happened, to the cent. The funders keep what customers paid in',
    'charges less 20 % for the service, and what is left of both money flows is paid out.',
  )
  say(show.funderLedgers(ledgers, currency))
}

async function closeTheBooks(cast: Cast, shop: Shop): Promise<void> {
  const { client, say } = cast
  const balance = await client.get<api.TrialBalance>('/v1/trial-balance')
  check(balance.totals.length === 1 && balance.totals[0]!.balanced, 'debits equal credits')
  chapter(
    cast,
    '10  The books',
    'Debits equal credits. Loans, merchants and funders stand at nothing; what is left is the bank and the income it came from.',
  )
  const names = [shop.program, shop.merchant, ...shop.funders].map(({ id, name }) => [id, name] as const)
  say(show.trialBalance(balance, new Map(names), currency))
  const audit = await client.get<api.AuditReport>('/v1/audit')
  say('\n  And the proofs, each over every row of the sandbox:\n')
  say(show.audit(audit))
  check(audit.ok, 'every proof of the audit holds')
}
