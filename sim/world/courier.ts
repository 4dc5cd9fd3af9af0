/**
 * Between the people of a world and the server. Answers get lost, requests are sent twice, the database fails on the way;
 * whoever has no answer sends the request again under its key. Everything sent and answered goes into the transcript.
 */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { type Chance, chanceOf } from './chance.ts'
import type { House, Letter, Reply } from './house.ts'
import type { Ill } from './trouble.ts'

export interface Answer {
  readonly status: number
  // The world's people know the forms of what they ask for.
  readonly body: Json
  /** Written, but whoever wrote it never learned: what follows a purchase at once did not follow. */
  readonly interrupted: boolean
}

/** Whatever JSON holds, read by who knows its form. */
// biome-ignore lint/suspicious/noExplicitAny: answers are compared member by member with what the auditor reckons
export type Json = any

/** What can go wrong with one request, and how often. */
const ills = { database: 0.03, lostAnswer: 0.02, twice: 0.02, echo: 0.02 }

export interface CourierOptions {
  readonly house: House
  readonly seed: number
  readonly tenantId: string
  readonly secret: string
  /** Without: every request goes through at once. */
  readonly withFaults: boolean
  /** Told of every exchange; for following a run. */
  readonly told?: (line: string) => void
}

export interface Counts {
  requests: number
  sentAgain: number
  replayed: number
}

export class NoAnswer extends Error {}

export interface Courier {
  readonly counts: Counts
  post(path: string, body?: object): Promise<Answer>
  get(path: string): Promise<Answer>
  /** Moves the clock, which is many commits: a fault in its midst, then the rest of the way. */
  advance(to: string): Promise<Answer>
  /** Requests that arrive once more, long after they were answered. */
  echo(): Promise<string[]>
  digest(): string
}

const attemptsMax = 6
/** Worlds lie apart in time, and each request a moment after the one before: ids sort as they were made. */
const beginning = Date.UTC(2026, 0, 1)

export function createCourier(options: CourierOptions): Courier {
  const { house, seed, tenantId, secret, withFaults, told = () => {} } = options
  const transcript = createHash('sha256')
  const counts: Counts = { requests: 0, sentAgain: 0, replayed: 0 }
  let sent = 0
  let echoes: { letter: Letter; first: Reply }[] = []

  function note(letter: Letter, reply: Reply): void {
    const line = `${letter.method} ${letter.path} ${letter.body ?? ''}\n${reply.status} ${reply.text}\n`
    transcript.update(line)
    told(line)
  }

  function sceneOf(number: number, attempt: number) {
    return { chance: chanceOf(seed, number, attempt, 0x51), at: beginning + number }
  }

  /** Sends until there is an answer that settles it. Ids drawn again are the same: only one attempt can write them. */
  async function deliver(letter: Letter, number: number, plan: Plan): Promise<Reply> {
    if (plan === 'refused' || plan === 'cut' || plan === 'late') house.trouble.arrange(`"key":"${letter.key}"`, plan)
    if (plan === 'twice') {
      const [one, other] = await Promise.all([0, 1].map(() => house.send(letter, sceneOf(number, 0))))
      counts.sentAgain++
      if (!sameAnswer(one!, other!)) throw new NoAnswer(`sent twice at once, answered differently: ${one!.text} and ${other!.text}`)
      return one!.replayed ? other! : one!
    }
    if (plan === 'lost-answer') await house.send(letter, sceneOf(number, 0))
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (attempt > 0) counts.sentAgain++
      const reply = await house.send(letter, sceneOf(number, 0))
      if (reply.replayed) counts.replayed++
      if (reply.status < 500) {
        house.trouble.lift(`"key":"${letter.key}"`)
        return reply
      }
      told(`${letter.method} ${letter.path} ${letter.key}: ${reply.status} ${reply.text}; sent again`)
    }
    throw new NoAnswer(`${letter.method} ${letter.path} ${letter.body}: no answer after ${attemptsMax} attempts`)
  }

  function letterOf(method: Letter['method'], path: string, body: object | undefined, number: number): Letter {
    const key = method === 'POST' ? `s${seed}-${number}` : null
    return { method, path, body: body === undefined ? null : JSON.stringify(body), key, secret }
  }

  return {
    counts,
    async post(path, body) {
      const number = ++sent
      counts.requests++
      const letter = letterOf('POST', path, body, number)
      const chance = chanceOf(seed, number, 0, 0xfa)
      const plan = withFaults ? planOf(chance) : 'none'
      const reply = await deliver(letter, number, plan)
      note(letter, reply)
      if (withFaults && chance.happens(ills.echo)) echoes.push({ letter, first: reply })
      return { status: reply.status, body: JSON.parse(reply.text), interrupted: plan === 'cut' || plan === 'late' }
    },
    async get(path) {
      const number = ++sent
      counts.requests++
      const letter = letterOf('GET', path, undefined, number)
      const reply = await house.send(letter, sceneOf(number, 0))
      note(letter, reply)
      return { status: reply.status, body: JSON.parse(reply.text), interrupted: false }
    },
    async advance(to) {
      const number = ++sent
      counts.requests++
      const letter = letterOf('POST', '/v1/clock/advance', { to }, number)
      const chance = chanceOf(seed, number, 0, 0xad)
      const mark = `"tenant":"${tenantId}"`
      const ill = withFaults && chance.happens(ills.database) ? chance.pick<Ill>(['refused', 'cut', 'late']) : null
      if (ill !== null) house.trouble.arrange(mark, ill, true)
      for (let attempt = 0; attempt < attemptsMax; attempt++) {
        const reply = await house.send(letter, sceneOf(number, attempt))
        if (ill !== null && attempt === 0) await settleDown(house, mark)
        if (reply.status < 500) {
          note(letter, reply)
          return { status: reply.status, body: JSON.parse(reply.text), interrupted: false }
        }
        counts.sentAgain++
        told(`clock to ${to}: ${reply.status} ${reply.text}; sent again`)
      }
      throw new NoAnswer(`the clock could not be moved to ${to} in ${attemptsMax} attempts`)
    },
    async echo() {
      const differing: string[] = []
      for (const { letter, first } of echoes) {
        const number = ++sent
        counts.sentAgain++
        const again = await house.send(letter, sceneOf(number, 0))
        note(letter, again)
        if (!sameAnswer(first, again)) {
          differing.push(`${letter.path} sent again under ${letter.key}: first ${first.status} ${first.text}, now ${again.status} ${again.text}`)
        }
      }
      echoes = []
      return differing
    },
    digest: () => transcript.copy().digest('hex'),
  }
}

/** What was under way when the database went away comes to its end before the database is back. */
async function settleDown(house: House, mark: string): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
  house.trouble.lift(mark)
}

type Plan = Ill | 'lost-answer' | 'twice' | 'none'

function planOf(chance: Chance): Plan {
  if (chance.happens(ills.database)) return chance.pick<Ill>(['refused', 'cut', 'late'])
  if (chance.happens(ills.lostAnswer)) return 'lost-answer'
  return chance.happens(ills.twice) ? 'twice' : 'none'
}

/** Kept answers lose the order of their members; a refusal carries the id of its own request. */
function sameAnswer(one: Reply, other: Reply): boolean {
  return one.status === other.status && (one.status >= 400 || canonical(one.text) === canonical(other.text))
}

function canonical(text: string): string {
  return JSON.stringify(JSON.parse(text), (_name, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
