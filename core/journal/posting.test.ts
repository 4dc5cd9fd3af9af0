import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LoanLedger } from '../loan/types.ts'
import { assertSame, cases, record } from '../property.test-support.ts'
import { accounts, sideOf } from './accounts.ts'
import { assertBalanced, balanceAgainst, type Leg, mergeLegs, sumOfLegs } from './legs.ts'
import { emptyLedger, type Funding, funderPart, loanLegs as legsOf, postingRules } from './posting.ts'

const loanLegs = (...movement: Parameters<typeof legsOf>): Leg[] => mergeLegs(legsOf(...movement))

const program = 'prg'
/** A bank with 70 %, a trust with 30 %; the operator keeps a fifth of every charge for its service. */
const shared: Funding = {
  shares: [
    { funderId: 'bank', basisPoints: 7_000 },
    { funderId: 'trust', basisPoints: 3_000 },
  ],
  serviceFeeBasisPoints: 2_000,
}

function posted(changes: Partial<LoanLedger>, before: Partial<LoanLedger> = {}, funding = shared) {
  const from = { ...emptyLedger, ...before }
  const legs = loanLegs(program, funding, from, { ...from, ...changes })
  return Object.fromEntries(legs.map((leg) => [leg.account, leg.amount]))
}

test('a loan of 1,000.00 is an asset of the program, lent by its funders, who have to pay it in', () => {
  assert.deepEqual(posted({ disbursed: 100_000n }), {
    'asset:loans:prg': 100_000n,
    'liability:funder:bank:settlement': 70_000n,
    'liability:funder:bank:principal': -70_000n,
    'liability:funder:trust:settlement': 30_000n,
    'liability:funder:trust:principal': -30_000n,
  })
})

test('of interest of 17.50 the service keeps 3.50 and the funders share 14.00; when it is paid, it is theirs in cash', () => {
  assert.deepEqual(posted({ interestRecognised: 1_750n }), {
    'asset:interest:prg': 1_750n,
    'liability:funder:bank:income': -980n,
    'liability:funder:trust:income': -420n,
    'income:interest:prg': -350n,
  })
  assert.deepEqual(posted({ interestPaid: 1_750n }, { interestRecognised: 1_750n }), {
    'asset:interest:prg': -1_750n,
    'liability:funder:bank:income': 980n,
    'liability:funder:bank:settlement': -980n,
    'liability:funder:trust:income': 420n,
    'liability:funder:trust:settlement': -420n,
  })
})

test('what is waived or lost is borne in the shares in which it was earned or lent', () => {
  const before = { disbursed: 100_000n, penaltyRecognised: 1_000n }
  assert.deepEqual(posted({ penaltyWaived: 1_000n }, before), {
    'asset:penalties:prg': -1_000n,
    'liability:funder:bank:income': 560n,
    'liability:funder:trust:income': 240n,
    'expense:waivers:prg': 200n,
  })
  assert.deepEqual(posted({ principalWrittenOff: 100_000n }, before), {
    'asset:loans:prg': -100_000n,
    'liability:funder:bank:principal': 70_000n,
    'liability:funder:trust:principal': 30_000n,
  })
  assert.deepEqual(posted({ recovered: 50_000n }), {
    'liability:funder:bank:settlement': -35_000n,
    'liability:funder:trust:settlement': -15_000n,
  })
})

test('without funders the operator lends, earns and loses alone', () => {
  const alone: Funding = { shares: [], serviceFeeBasisPoints: 0 }
  assert.deepEqual(posted({ disbursed: 100_000n, feeRecognised: 50n }, {}, alone), {
    'asset:loans:prg': 100_000n,
    'asset:fees:prg': 50n,
    'income:fees:prg': -50n,
  })
  assert.deepEqual(posted({ principalWrittenOff: 100_000n }, { disbursed: 100_000n }, alone), {
    'asset:loans:prg': -100_000n,
    'expense:write-offs:prg': 100_000n,
  })
})

test('a cent that cannot be divided goes to the largest remainder and comes back from the same hand', () => {
  // 0.01 × 70 % and 30 %: the bank's 0.7 of a cent is the larger remainder.
  const lent = posted({ disbursed: 1n })
  assert.equal(lent['liability:funder:bank:principal'], -1n)
  assert.equal(lent['liability:funder:trust:principal'], undefined)
  assert.equal(funderPart(shared, 'bank', 'disbursed', 1n), 1n)
  assert.equal(funderPart(shared, 'trust', 'disbursed', 1n), 0n)
  assert.equal(funderPart(shared, 'stranger', 'disbursed', 100n), 0n)
})

const counters = Object.keys(emptyLedger) as (keyof LoanLedger)[]

test('every counter of a loan has exactly one posting rule', () => {
  assert.deepEqual(postingRules.map((rule) => rule.counter).toSorted(), counters.toSorted())
})

const someFunding: fc.Arbitrary<Funding> = record({
  weights: fc.array(fc.integer({ min: 1, max: 2_500 }), { maxLength: 4 }),
  serviceFeeBasisPoints: fc.integer({ min: 0, max: 10_000 }),
}).map(({ weights, serviceFeeBasisPoints }) => ({
  shares: weights.map((basisPoints, index) => ({ funderId: `funder-${index}`, basisPoints })),
  serviceFeeBasisPoints,
}))

const someLedger: fc.Arbitrary<LoanLedger> = fc
  .array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: counters.length, maxLength: counters.length })
  .map((amounts) => ({ ...emptyLedger, ...Object.fromEntries(counters.map((name, index) => [name, amounts[index]!])) }))

const someStory = record({ funding: someFunding, ledgers: fc.array(someLedger, { minLength: 1, maxLength: 8 }) })

const counterAccounts = [
  accounts.bank,
  accounts.merchantPayable('mer'),
  accounts.customerCredit(program),
  accounts.loans(program),
]

test('the legs of any movement balance with every counter-account, each account named once', () => {
  fc.assert(
    fc.property(someFunding, someLedger, someLedger, (funding, before, after) => {
      const legs = loanLegs(program, funding, before, after)
      for (const counter of counterAccounts) {
        const closed = balanceAgainst(counter, legs)
        assertBalanced(closed, 'movement')
        assert.equal(new Set(closed.map((leg) => leg.account)).size, closed.length)
        assert.ok(closed.every((leg) => leg.amount !== 0n))
      }
    }),
    { numRuns: cases(200) },
  )
})

test('however many steps a loan took, forwards or back, its accounts stand as if it had taken one', () => {
  fc.assert(
    fc.property(someStory, ({ funding, ledgers }) => {
      const path = [emptyLedger, ...ledgers]
      const steps = ledgers.flatMap((ledger, index) => loanLegs(program, funding, path[index]!, ledger))
      const once = loanLegs(program, funding, emptyLedger, ledgers.at(-1)!)
      assertSame(sorted(mergeLegs(steps)), sorted(once))
    }),
    { numRuns: cases(800, 1 / 4) },
  )
})

function sorted(legs: readonly Leg[]): Leg[] {
  return legs.toSorted((a, b) => (a.account < b.account ? -1 : 1))
}

test('the parts of the funders and of the operator are each counter, to the cent, and never negative', () => {
  fc.assert(
    fc.property(someFunding, someLedger, (funding, ledger) => {
      for (const rule of postingRules) {
        const { counter } = rule
        const only = { ...emptyLedger, [counter]: ledger[counter] }
        const parts = funding.shares.map((share) => funderPart(funding, share.funderId, counter, ledger[counter]))
        const total = parts.reduce((sum, part) => sum + part, 0n)
        assert.ok(parts.every((part) => part >= 0n) && total <= ledger[counter])
        if (rule.own.length === 0) continue
        const own = loanLegs(program, funding, emptyLedger, only).find(
          (leg) => leg.account === rule.own[0]![1](program),
        )
        const operators = own === undefined ? 0n : own.amount * rule.own[0]![0]
        assert.equal(total + operators, ledger[counter], counter)
      }
    }),
    { numRuns: cases(400, 1 / 4) },
  )
})

test('shares beyond the whole are a mistake in the program', () => {
  const funding = { shares: [{ funderId: 'a', basisPoints: 10_001 }], serviceFeeBasisPoints: 0 }
  assert.throws(() => loanLegs(program, funding, emptyLedger, { ...emptyLedger, disbursed: 1n }), /exceed the whole/)
})

test('legs of one account become one, and what nets to nothing is no leg', () => {
  const legs = [
    { account: 'a', amount: 5n },
    { account: 'b', amount: 3n },
    { account: 'a', amount: -5n },
    { account: 'b', amount: 1n },
  ]
  assert.deepEqual(mergeLegs(legs), [{ account: 'b', amount: 4n }])
  assert.equal(sumOfLegs(legs), 4n)
  assert.throws(() => assertBalanced(legs, 'test'), /must balance, they sum to 4/)
})

test('assets and expenses stand on the debit side, liabilities and income on the credit side', () => {
  const sides: [account: string, side: string][] = [
    [accounts.bank, 'debit'],
    [accounts.loans(program), 'debit'],
    [accounts.writeOffExpense(program), 'debit'],
    [accounts.merchantPayable('mer'), 'credit'],
    [accounts.funderSettlement('fun'), 'credit'],
    [accounts.interestIncome(program), 'credit'],
  ]
  for (const [account, side] of sides) assert.equal(sideOf(account), side, account)
})
