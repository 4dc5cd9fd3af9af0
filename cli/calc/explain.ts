/** `chit calc explain`: the tree behind an amount of a loan, of draws, or of a revolving line. */
import {
  type Explanation,
  explainDraw,
  explainDrawsPayoff,
  explainInstalment,
  explainLinePayoff,
  explainMinimum,
  explainPayoff,
  explainStatement,
} from '../../core/explain/index.ts'
import { drawFields, readDraws } from './draw.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  named,
  or,
  readChoice,
  readDate,
  readFields,
  readInteger,
  readText,
} from './input.ts'
import { loanFields, readLoan } from './loan-input.ts'
import { lineFields, readLine } from './revolving.ts'
import { foldInput, owedByCustomer } from './schedule.ts'

/** What `explain` names of each kind, beside `of`: one of them. */
export const explained = {
  loan: ['instalment', 'payoff'],
  draws: ['draw', 'payoff'],
  line: ['statement', 'minimum', 'payoff'],
} as const

type Kind = keyof typeof explained

const kinds = Object.keys(explained) as Kind[]

const fieldsOf = { loan: loanFields, draws: drawFields, line: lineFields } as const

const explain: Readonly<Record<Kind, (fields: Fields, wanted: Fields) => Explanation>> = {
  loan: explainLoan,
  draws: explainDraws,
  line: explainLine,
}

export function calcExplain(input: unknown): Explanation {
  const kind = kindOf(input)
  const fields = readFields(input, 'input', [...fieldsOf[kind], 'explain'])
  const wanted = readFields(fields.explain, 'explain', ['of', ...explained[kind]])
  if (explained[kind].filter((name) => !absent(wanted[name])).length !== 1) {
    throw new CalcProblem('explain', `names one of ${explained[kind].join(', ')}`)
  }
  return explain[kind](fields, wanted)
}

/** Before the other fields can be read: which there are depends on it. */
function kindOf(input: unknown): Kind {
  if (typeof input !== 'object' || input === null) return 'loan'
  const wanted = (input as Fields).explain
  if (typeof wanted !== 'object' || wanted === null) return 'loan'
  return or((wanted as Fields).of, 'loan' as Kind, (of) => readChoice(of, 'explain.of', kinds))
}

function explainLoan(fields: Fields, { instalment, payoff }: Fields): Explanation {
  const state = foldInput(owedByCustomer(readLoan(fields)))
  if (absent(payoff)) {
    const n = readInteger(instalment, 'explain.instalment', 1, 10_000)
    return named('explain.instalment', () => explainInstalment(state, n))
  }
  const on = readDate(payoff, 'explain.payoff')
  return named('explain.payoff', () => explainPayoff(state, on))
}

function explainDraws(fields: Fields, { draw, payoff }: Fields): Explanation {
  if (absent(draw)) {
    const { terms, state } = readDraws(fields, readDate(payoff, 'explain.payoff'))
    return explainDrawsPayoff(terms, state)
  }
  const { terms, state } = readDraws(fields)
  return named('explain.draw', () => explainDraw(terms, state, readText(draw, 'explain.draw')))
}

function explainLine(fields: Fields, { statement, minimum, payoff }: Fields): Explanation {
  if (!absent(payoff)) {
    const { terms, state } = readLine(fields, readDate(payoff, 'explain.payoff'))
    return explainLinePayoff(terms, state)
  }
  const { terms, state } = readLine(fields)
  const [name, value, tree] = absent(minimum)
    ? (['explain.statement', statement, explainStatement] as const)
    : (['explain.minimum', minimum, explainMinimum] as const)
  const n = readInteger(value, name, 1, 10_000)
  return named(name, () => tree(terms, state, n))
}
