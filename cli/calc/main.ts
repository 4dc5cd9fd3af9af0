/**
 * `chit calc`: the calculations of core on JSON. One value in gives one value out; an array gives an array of the same
 * length, so that thousands of cases run in one process. Wrong input ends with exit code 2 and names the field.
 */
import { Problem } from '../../core/problem.ts'
import { calcAllocate } from './allocate.ts'
import { calcDraw } from './draw.ts'
import { calcExplain } from './explain.ts'
import { calcRate } from './rate.ts'
import { calcRevolving } from './revolving.ts'
import { calcSchedule } from './schedule.ts'

export interface CalcOutcome {
  readonly exitCode: 0 | 2
  readonly stdout: string
  readonly stderr: string
}

type Calculation = (input: unknown) => unknown

const calculations: Readonly<Record<string, Calculation>> = {
  schedule: calcSchedule,
  allocate: calcAllocate,
  explain: calcExplain,
  rate: calcRate,
  draw: calcDraw,
  revolving: calcRevolving,
}

export const calcSubcommands: readonly string[] = Object.keys(calculations)

export function runCalc(subcommand: string, stdin: string): CalcOutcome {
  const calculation = Object.hasOwn(calculations, subcommand) ? calculations[subcommand] : undefined
  if (calculation === undefined) {
    return refused(`subcommand: must be one of ${calcSubcommands.join(', ')}, got "${subcommand}"`)
  }
  let input: unknown
  try {
    input = JSON.parse(stdin.replace(/^\uFEFF/, ''))
  } catch (error) {
    return refused(`input: not JSON: ${(error as Error).message}`)
  }
  return Array.isArray(input) ? answerAll(calculation, input) : answerOne(calculation, input)
}

function answerOne(calculation: Calculation, input: unknown): CalcOutcome {
  const answer = attempt(calculation, input)
  return answer.ok ? { exitCode: 0, stdout: `${JSON.stringify(answer.value)}\n`, stderr: '' } : refused(answer.message)
}

/** A wrong element does not spoil the others: its place holds the error, and the exit code is 2. */
function answerAll(calculation: Calculation, inputs: readonly unknown[]): CalcOutcome {
  const messages: string[] = []
  const answers = inputs.map((input, index) => {
    const answer = attempt(calculation, input)
    if (answer.ok) return answer.value
    messages.push(`[${index}]${answer.field === 'input' ? answer.message.slice('input'.length) : `.${answer.message}`}`)
    return { error: { code: answer.code, field: answer.field, message: answer.message } }
  })
  return {
    exitCode: messages.length === 0 ? 0 : 2,
    stdout: `${JSON.stringify(answers)}\n`,
    stderr: messages.map((message) => `${message}\n`).join(''),
  }
}

type Attempt =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: string; readonly field: string; readonly message: string }

function attempt(calculation: Calculation, input: unknown): Attempt {
  try {
    return { ok: true, value: calculation(input) }
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const field = problem.field ?? 'input'
    const message = `${field}: ${withoutField(problem.message, field)}`
    return { ok: false, code: problem.code, field, message }
  }
}

/** Problems of core may begin with their field's name. */
function withoutField(message: string, field: string): string {
  const after = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message
  // Core calls a field of an event by its own name alone.
  const name = [field, field.slice(field.lastIndexOf('.') + 1)].find((each) => after.startsWith(`${each} `))
  return name === undefined ? after : after.slice(name.length + 1)
}

function refused(message: string): CalcOutcome {
  return { exitCode: 2, stdout: '', stderr: `${message}\n` }
}
