/** The auditor's loan and core's, event by event: what worlds take minutes to come across, thousands of short lives find in seconds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyLife, differences, type Life } from './one-loan.test-support.ts'

/** The same lives in every run, as in a world of one seed; more with CHIT_PROPERTY_RUNS, others with CHIT_PROPERTY_SEED. */
const seed = Number(process.env.CHIT_PROPERTY_SEED ?? 1)
const numRuns = Number(process.env.CHIT_PROPERTY_RUNS ?? 1_500)

for (const method of ['level', 'carried', 'flat'] as const) {
  test(`a loan with a ${method} plan owes the same by both reckonings, whatever happens to it`, () => {
    const same = fc.property(anyLife(method, 10), (life) => assert.deepEqual(differences(life), []))
    fc.assert(same, { seed, numRuns })
  })
}

function step(
  kind: Life['steps'][number]['kind'],
  after: number,
  share: number,
  choice: number,
): Life['steps'][number] {
  return { kind, after, before: 0, share, choice }
}

/** What most of the lives below begin with. */
const plain = {
  method: 'level',
  percent: '10.95',
  price: 10000,
  instalments: 3,
  openedAfter: 0,
  paysBack: true,
} as const

/** Short lives that thousands of random ones come across once. */
const rareLives: Readonly<Record<string, Life>> = {
  'a cent that shortens what is left after all goods went back and a debit bounced': {
    ...plain,
    steps: [
      step('paid', 0, 11, 0),
      step('refunded', 0, 1000, 0),
      step('reversed', 31, 0, 0),
      step('prepaid', 0, 18, 3),
      step('prepaid', 0, 0, 0),
    ],
  },
  'goods back for what the running period began without': {
    ...plain,
    steps: [
      step('settled', 0, 0, 0),
      step('paid', 30, 0, 0),
      step('refunded', 0, 210, 0),
      step('refunded', 13, 11, 0),
      step('refunded', 0, 578, 0),
      step('reversed', 0, 0, 0),
      step('paid', 0, 1000, 0),
    ],
  },
  'lowered to about the interest of the days gone by': {
    method: 'level',
    percent: '17.52',
    price: 27772,
    instalments: 3,
    openedAfter: 16,
    paysBack: false,
    steps: [step('prepaid', 11, 779, 3), step('prepaid', 0, 929, 13), step('paid', 0, 1000, 0)],
  },
  'the last of several lowered instalments settled with its interest alone': {
    method: 'level',
    percent: '10.95',
    price: 2496,
    instalments: 3,
    openedAfter: 0,
    paysBack: false,
    steps: [step('prepaid', 30, 987, 9), step('paid', 13, 940, 0), step('paid', 0, 1000, 0)],
  },
  'lowered where interest was waived before it was borne': {
    method: 'level',
    percent: '17.52',
    price: 10000,
    instalments: 3,
    openedAfter: 0,
    paysBack: false,
    steps: [step('waived', 0, 1000, 9), step('prepaid', 0, 995, 9), step('paid', 0, 1000, 0)],
  },
  'lowered where principal was paid of an instalment with interest of an earlier plan': {
    method: 'level',
    percent: '10.95',
    price: 10000,
    instalments: 3,
    openedAfter: 0,
    paysBack: false,
    steps: [
      step('new-plan', 30, 35, 0),
      step('prepaid', 0, 123, 0),
      step('paid', 0, 474, 0),
      step('prepaid', 0, 724, 3),
      step('paid', 0, 18, 0),
    ],
  },
  'a few cents in a new plan, beside interest of the old one': {
    method: 'flat',
    percent: '0.5',
    price: 101,
    instalments: 3,
    openedAfter: 0,
    paysBack: true,
    steps: [
      step('paid', 31, 10, 0),
      step('refunded', 31, 1000, 0),
      step('reversed', 0, 0, 0),
      step('new-plan', 0, 9, 0),
      step('paid', 0, 0, 0),
    ],
  },
  'credit paid out of a debt that was given up, and then not there': {
    method: 'carried',
    percent: '0',
    price: 10000,
    instalments: 1,
    openedAfter: 4,
    paysBack: true,
    steps: [
      step('paid', 20, 0, 0),
      step('late-charge', 20, 0, 0),
      step('lost', 0, 1000, 0),
      step('paid', 0, 0, 0),
      step('refunded', 0, 1000, 0),
      step('reversed', 0, 0, 0),
    ],
  },
}

for (const [name, life] of Object.entries(rareLives)) {
  test(`the same by both reckonings: ${name}`, () => assert.deepEqual(differences(life), []))
}
