/** Proofs over loans: what is stored is what the journal says, folded anew; and the accounts are the sums of the loans. */
import { accounts } from '../../core/journal/accounts.ts'
import { funderPart } from '../../core/journal/posting.ts'
import { decodeEvent, decodeTerms, foldLoan, ledgerOn } from '../../core/loan/index.ts'
import type { LoanLedger } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { decodeLedger, encodeLedger, type LoanRow, outstanding } from '../loans/book.ts'
import { canonicalJson } from '../platform/json.ts'
import type { Fragment } from '../platform/sql.ts'
import { ownRows, type Proof, proof, type Scope } from './types.ts'

interface Key {
  readonly shard: number
  readonly id: string
}

/** Documents as texts: mostly they are the journal's to the letter, and then are read once. */
interface Stored extends Key, Pick<LoanRow, 'eventSeqs' | 'posted' | 'postedOn'> {
  readonly terms: string
  readonly events: string
  readonly status: string
  readonly principalMinor: bigint
}

interface Evidence {
  readonly loanId: string
  readonly seq: bigint
  readonly loanTerms: string | null
  readonly loanEvent: string | null
}

type Counted = Key & Pick<LoanRow, 'currency' | 'programId' | 'posted' | 'funding'> & { readonly tenantId: string }

const pageSize = 2_000

/** These columns of every loan, a page at a time. */
async function* pagesOfLoans<Row extends Key>({ db, tenantId }: Scope, columns: Fragment): AsyncGenerator<Row[]> {
  let after: Key = { shard: -1, id: '' }
  for (;;) {
    const loans = await db<Row[]>`
      select shard, id, ${columns} from loans
      where (shard, id) > (${after.shard}, ${after.id}) and ${ownRows({ db, tenantId })}
      order by shard, id limit ${pageSize}`
    if (loans.length === 0) return
    yield loans
    after = loans.at(-1)!
  }
}

/**
 * With the journal rows that made them. They are found by key, all of a tenant at once: compared with all numbers of the page,
 * every row of the journal was looked at for each page.
 */
async function* loansWithEvidence(scope: Scope): AsyncGenerator<[Stored, Evidence[]][]> {
  const { db } = scope
  const columns = db`terms::text, events::text, event_seqs, posted, posted_on, status, principal_minor`
  for await (const loans of pagesOfLoans<Stored>(scope, columns)) {
    const ids = db.typed.texts(loans.map((loan) => loan.id))
    const evidence = await db<Evidence[]>`
      select j.loan_id, j.seq, (j.data -> 'loanTerms')::text as loan_terms, (j.data -> 'loanEvent')::text as loan_event
      from (
        select shard, tenant_id, array_agg(seq) as seqs from loans, unnest(event_seqs) as seq
        where id = any (${ids}) group by shard, tenant_id
      ) t
      join journal j on j.shard = t.shard and j.tenant_id = t.tenant_id and j.seq = any (t.seqs) and j.loan_id = any (${ids})
      order by j.seq`
    const of = Map.groupBy(evidence, (row) => row.loanId)
    yield loans.map((loan) => {
      // A number stands for another row in each shard, and the page may span several.
      const named = new Set(loan.eventSeqs)
      return [loan, (of.get(loan.id) ?? []).filter((row) => named.has(row.seq))]
    })
  }
}

/** Contract, events, state and posted counters of every loan, from the journal alone. */
export async function loansRefold(scope: Scope): Promise<Proof> {
  const failures: string[] = []
  let checked = 0
  for await (const page of loansWithEvidence(scope)) {
    for (const [loan, evidence] of page) {
      checked++
      failures.push(...differences(loan, evidence).map((difference) => `loan ${loan.id}: ${difference}`))
    }
  }
  return proof('every loan is the fold of its journal events', checked, failures)
}

function differences(loan: Stored, evidence: readonly Evidence[]): string[] {
  const [disbursement, ...later] = evidence
  if (disbursement?.loanTerms == null) return ['the journal has no disbursement of it']
  if (evidence.length !== loan.eventSeqs.length)
    return [`it names ${loan.eventSeqs.length} events, the journal has ${evidence.length}`]
  if (!sameText(disbursement.loanTerms, loan.terms)) return ['its contract differs from the one in the journal']
  if (!sameText(`[${later.map((row) => row.loanEvent ?? 'null').join()}]`, loan.events))
    return ['its events differ from those in the journal']
  try {
    return stateDifferences(loan, evidence)
  } catch (fault) {
    return [`it cannot be read: ${fault}`]
  }
}

function stateDifferences(loan: Stored, [disbursement, ...later]: readonly Evidence[]): string[] {
  const state = foldLoan(
    decodeTerms(JSON.parse(disbursement!.loanTerms!)),
    later.map((row) => decodeEvent(JSON.parse(row.loanEvent!))),
  )
  const ledger = ledgerOn(state, loan.postedOn)
  const found: string[] = []
  if (state.principalOutstanding !== loan.principalMinor) {
    found.push(`principal is stored as ${loan.principalMinor}, folded it is ${state.principalOutstanding}`)
  }
  if (state.status !== loan.status) found.push(`status is stored as ${loan.status}, folded it is ${state.status}`)
  if (!same(encodeLedger(ledger), loan.posted)) {
    found.push(
      `posted counters are ${canonicalJson(loan.posted)}, folded they are ${canonicalJson(encodeLedger(ledger))}`,
    )
  }
  return found
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

/** In the order their members were written in, mostly. */
function sameText(one: string, other: string): boolean {
  return one === other || same(JSON.parse(one), JSON.parse(other))
}

/** Sums of the loans' counters by account, against the accounts. */
export async function accountsAreLoans(scope: Scope): Promise<Proof> {
  const sums = new Map<string, Minor>()
  const add = (tenantId: string, currency: string, account: string, amount: Minor) => {
    const key = `${tenantId} ${currency} ${account}`
    sums.set(key, (sums.get(key) ?? 0n) + amount)
  }
  const columns = scope.db`tenant_id, currency, program_id, posted, funding`
  for await (const page of pagesOfLoans<Counted>(scope, columns)) {
    for (const loan of page) addLoan(loan, (account, amount) => add(loan.tenantId, loan.currency, account, amount))
  }
  const prefixes = ['asset:loans:', 'asset:interest:', 'asset:fees:', 'asset:penalties:']
  return compareAccounts(scope, 'the accounts of loans and funders are the sums of the loans', sums, (account) => {
    return (
      prefixes.some((prefix) => account.startsWith(prefix)) ||
      /^liability:funder:[^:]+:(principal|income)$/.test(account)
    )
  })
}

/** Debit balances positive, credit balances negative, as in the journal. */
function addLoan(loan: Counted, add: (account: string, amount: Minor) => void): void {
  const ledger = decodeLedger(loan.posted)
  const open = (component: 'interest' | 'fee' | 'penalty') =>
    ledger[`${component}Recognised`] -
    ledger[`${component}Paid`] -
    ledger[`${component}Waived`] -
    ledger[`${component}WrittenOff`]
  add(accounts.loans(loan.programId), outstanding(ledger))
  add(accounts.interestReceivable(loan.programId), open('interest'))
  add(accounts.feeReceivable(loan.programId), open('fee'))
  add(accounts.penaltyReceivable(loan.programId), open('penalty'))
  for (const { funderId } of loan.funding.shares) {
    // Most counters of most loans are nothing, of which nobody has a part.
    const part = (counter: keyof LoanLedger) =>
      ledger[counter] === 0n ? 0n : funderPart(loan.funding, funderId, counter, ledger[counter])
    const principal =
      part('disbursed') +
      part('principalRestored') -
      part('principalPaid') -
      part('principalRefunded') -
      part('principalWrittenOff')
    add(accounts.funderPrincipal(funderId), -principal)
    const income = (['interest', 'fee', 'penalty'] as const).reduce(
      (sum, component) =>
        sum +
        part(`${component}Recognised`) -
        part(`${component}Paid`) -
        part(`${component}Waived`) -
        part(`${component}WrittenOff`),
      0n,
    )
    add(accounts.funderIncome(funderId), -income)
  }
}

/** Compares sums kept elsewhere (`tenant currency account` → net debit) with the balances of the accounts they stand for. */
export async function compareAccounts(
  { db, tenantId }: Scope,
  name: string,
  sums: ReadonlyMap<string, Minor>,
  covers: (account: string) => boolean,
): Promise<Proof> {
  const rows = await db<{ tenantId: string; currency: string; account: string; net: bigint }[]>`
    select tenant_id, currency, account, (sum(debit_minor) - sum(credit_minor))::bigint as net
    from balances where ${ownRows({ db, tenantId })}
    group by tenant_id, currency, account`
  const booked = new Map(
    rows.filter((row) => covers(row.account)).map((row) => [`${row.tenantId} ${row.currency} ${row.account}`, row.net]),
  )
  const keys = [...new Set([...booked.keys(), ...sums.keys()])].toSorted()
  const failures = keys
    .filter((key) => (booked.get(key) ?? 0n) !== (sums.get(key) ?? 0n))
    .map((key) => `${key}: the account has ${booked.get(key) ?? 0n}, its parts sum to ${sums.get(key) ?? 0n}`)
  return proof(name, keys.length, failures)
}
