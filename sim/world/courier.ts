/**
 * Between the people of a world and the server. Answers get lost, requests are sent twice, the database fails on the way;
 * whoever has no answer sends the request again under its key. Everything sent and answered goes into the transcript.
 */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { type Chance, chanceOf } from './chance.ts'
import { openSocket, type Socket } from './hand-over.ts'
import type { House, Letter, Reply, Scene } from './house.ts'
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

/** All that a list has, page after page. */
export async function readWhole(desk: Desk, path: string): Promise<Json[]> {
  const entries: Json[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { body } = await desk.get(`${path}${path.includes('?') ? '&' : '?'}limit=1000&after=${after}`)
    entries.push(...body.data)
    after = body.next
  }
  return entries
}

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

/** Where one person sends requests from, one after the other. */
export interface Desk {
  post(path: string, body?: object): Promise<Answer>
  get(path: string): Promise<Answer>
}

export interface Courier extends Desk {
  readonly counts: Counts
  /**
   * Many people at once, each at a desk of their own; `work` gets the desk's place, and gives null where there is nothing to
   * do. What they sent is noted in order of desks, whatever came first. The first failure in that order is thrown. `lanesMax`:
   * how many of them at a time.
   */
  atOnce(desks: number, work: (desk: Desk, place: number) => Promise<void> | null, lanesMax?: number): Promise<void>
  /** Moves the clock, which is many commits: a fault in its midst, then the rest of the way. */
  advance(to: string): Promise<Answer>
  /** Requests that arrive once more, long after they were answered; gives those answered differently. */
  echo(): Promise<string[]>
  digest(): string
}

const attemptsMax = 6
/** Ids sort as they were made: each phase a while after the one before, each request of a desk a moment after the last. */
const beginning = Date.UTC(2026, 0, 1)
const phaseMilliseconds = 1_000
/** Desks that send at the same time. */
const lanes = 64

/** Phase, desk and request: which request of a world this is, and what its chance is drawn from. */
interface Place {
  readonly phase: number
  readonly desk: number
  readonly request: number
}

interface Echo extends Place {
  readonly letter: Letter
  readonly first: Reply
}

export function createCourier(options: CourierOptions): Courier {
  const { house, seed, tenantId, secret, withFaults, told } = options
  const transcript = createHash('sha256')
  const counts: Counts = { requests: 0, sentAgain: 0, replayed: 0 }
  let phase = 0
  let echoes: Echo[] = []
  const sockets = new Map<number, Socket>()

  /**
   * A desk's own, for as long as the world goes on: what the server knows by connection, it knows of this desk's requests
   * alone, which come one after the other, and so the same in every run.
   */
  const socketOf = (desk: number) => sockets.getOrInsertComputed(desk, openSocket)
  const chanceAt = ({ phase, desk, request }: Place, use: number) => chanceOf(seed, phase, desk * 4_096 + request, use)
  const sceneAt = (place: Place, attempt: number): Scene => ({
    chance: chanceAt(place, 0x100 + attempt),
    at: beginning + place.phase * phaseMilliseconds + place.request,
  })
  // A key ends with a point, so that none is the beginning of another.
  const keyMark = (letter: Letter) => String(letter.key)

  function letterOf(method: Letter['method'], path: string, body: object | undefined, place: Place): Letter {
    const key = method === 'POST' ? `s${seed}-${place.phase}-${place.desk}-${place.request}.` : null
    const socket = socketOf(place.desk)
    return { method, path, body: body === undefined ? null : JSON.stringify(body), key, secret, socket }
  }

  /** Sends until there is an answer that settles it. Ids drawn again are the same: only one attempt can write them. */
  async function deliver(letter: Letter, place: Place, plan: Plan): Promise<Reply> {
    const ill = plan === 'refused' || plan === 'cut' || plan === 'late' ? plan : null
    if (ill !== null) house.trouble.arrange(keyMark(letter), ill)
    if (plan === 'twice') return deliverTwice(letter, place)
    if (plan === 'lost-answer') await house.send(letter, sceneAt(place, 0))
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (attempt > 0) counts.sentAgain++
      const reply = await house.send(letter, sceneAt(place, 0), attempt === 0 ? ill : null)
      if (reply.replayed) counts.replayed++
      if (reply.status < 500) {
        house.trouble.lift(keyMark(letter))
        return reply
      }
      told?.(`${letter.method} ${letter.path} ${letter.key}: ${reply.status} ${reply.text}; sent again`)
    }
    throw new NoAnswer(`${letter.method} ${letter.path} ${letter.body}: no answer after ${attemptsMax} attempts`)
  }

  async function deliverTwice(letter: Letter, place: Place): Promise<Reply> {
    const [one, other] = await Promise.all([
      house.send(letter, sceneAt(place, 0)),
      house.send(letter, sceneAt(place, 0)),
    ])
    counts.sentAgain++
    if (!sameAnswer(one, other)) {
      throw new NoAnswer(
        `sent twice at once, answered differently: ${one.status} ${one.text} and ${other.status} ${other.text}`,
      )
    }
    return one.replayed ? other : one
  }

  function deskOf(own: number, desk: number, note: (entry: string) => void): Desk {
    let request = 0
    const noted = (letter: Letter, reply: Reply) => {
      const entry = `${letter.method} ${letter.path} ${letter.body ?? ''}\n${reply.status} ${reply.text}\n`
      note(entry)
      told?.(entry)
    }
    return {
      async post(path, body) {
        const place = { phase: own, desk, request: request++ }
        counts.requests++
        const letter = letterOf('POST', path, body, place)
        const chance = chanceAt(place, 0xfa)
        const plan = withFaults ? planOf(chance) : 'none'
        const reply = await deliver(letter, place, plan)
        noted(letter, reply)
        if (withFaults && chance.happens(ills.echo)) echoes.push({ ...place, letter, first: reply })
        const interrupted = plan === 'cut' || plan === 'late'
        return { status: reply.status, body: JSON.parse(reply.text), interrupted }
      },
      async get(path) {
        const place = { phase: own, desk, request: request++ }
        counts.requests++
        const letter = letterOf('GET', path, undefined, place)
        const reply = await house.send(letter, sceneAt(place, 0))
        noted(letter, reply)
        return { status: reply.status, body: JSON.parse(reply.text), interrupted: false }
      },
    }
  }

  const alone = () => deskOf(++phase, 0, (entry) => transcript.update(entry))

  async function atOnce(
    desks: number,
    work: (desk: Desk, place: number) => Promise<void> | null,
    lanesMax = lanes,
  ): Promise<void> {
    const own = ++phase
    /** What was said at desks that still wait for one before them, by desk. */
    const notes = new Map<number, string[]>()
    const failures = new Map<number, unknown>()
    let next = 0
    let written = 0
    const writeDown = () => {
      for (let entries = notes.get(written); entries !== undefined; entries = notes.get(++written)) {
        for (const entry of entries) transcript.update(entry)
        notes.delete(written)
      }
    }
    const lane = async () => {
      for (let desk = next++; desk < desks; desk = next++) {
        const entries: string[] = []
        try {
          const done = work(
            deskOf(own, desk, (entry) => entries.push(entry)),
            desk,
          )
          if (done !== null) await done
        } catch (error) {
          failures.set(desk, error)
        }
        notes.set(desk, entries)
        writeDown()
      }
    }
    await Promise.all(Array.from({ length: Math.min(lanesMax, desks) }, lane))
    if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
  }

  async function advance(to: string): Promise<Answer> {
    const place = { phase: ++phase, desk: 0, request: 0 }
    counts.requests++
    const letter = letterOf('POST', '/v1/clock/advance', { to }, place)
    const chance = chanceAt(place, 0xad)
    const mark = tenantId
    const ill = withFaults && chance.happens(ills.database) ? chance.pick<Ill>(['refused', 'cut', 'late']) : null
    if (ill !== null) house.trouble.arrange(mark, ill, true)
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const reply = await house.send(letter, sceneAt(place, attempt), attempt === 0 ? ill : null)
      if (ill !== null && attempt === 0) await settleDown(house, mark)
      if (reply.status < 500) {
        transcript.update(`${letter.path} ${letter.body} ${reply.status} ${reply.text}\n`)
        told?.(`clock to ${to}: ${reply.text}`)
        return { status: reply.status, body: JSON.parse(reply.text), interrupted: false }
      }
      counts.sentAgain++
      told?.(`clock to ${to}: ${reply.status} ${reply.text}; sent again`)
    }
    throw new NoAnswer(`the clock could not be moved to ${to} in ${attemptsMax} attempts`)
  }

  async function echo(): Promise<string[]> {
    const differing: string[] = []
    const due = echoes.sort(
      (one, other) => one.phase - other.phase || one.desk - other.desk || one.request - other.request,
    )
    echoes = []
    counts.sentAgain += due.length
    // All at once: the first answer of each is settled, whatever the others ask.
    const replies = await Promise.all(
      due.map(({ letter }) => house.send(letter, sceneAt({ phase: ++phase, desk: 0, request: 0 }, 0))),
    )
    differing.push(...(await tryOtherContents(due)))
    for (const [place, again] of replies.entries()) {
      const { letter, first } = due[place]!
      if (sameAnswer(first, again)) continue
      differing.push(
        `${letter.path} sent again under ${letter.key}: first ${first.status} ${first.text}, now ${again.status} ${again.text}`,
      )
    }
    return differing
  }

  /** A key that was used is not good for anything else, however small the difference; a quote keeps none. */
  async function tryOtherContents(due: readonly Echo[]): Promise<string[]> {
    const done = due.filter(
      ({ letter, first }) =>
        first.status < 300 && letter.path !== '/v1/quotes' && letter.body?.includes('"amount":') === true,
    )
    counts.sentAgain += done.length
    const replies = await Promise.all(
      done.map(({ letter }) => {
        const body = JSON.stringify(
          JSON.parse(letter.body!, (name, value) => (name === 'amount' ? oneMore(value) : value)),
        )
        return house.send({ ...letter, body }, sceneAt({ phase: ++phase, desk: 0, request: 0 }, 0))
      }),
    )
    return replies.flatMap((reply, place) =>
      JSON.parse(reply.text).code === 'idempotency-key-reused'
        ? []
        : [
            `${done[place]!.letter.path} with another amount under ${done[place]!.letter.key}: ${reply.status} ${reply.text}`,
          ],
    )
  }

  return {
    counts,
    post: (path, body) => alone().post(path, body),
    get: (path) => alone().get(path),
    atOnce,
    advance,
    echo,
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

/** Autopay names what it collects. */
function oneMore(amount: unknown): unknown {
  return typeof amount === 'number' ? amount + 1 : amount === 'total' ? 'minimum' : 'total'
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
