/** A server with one fault in it, and a test that the auditor finds it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Database, openDatabase } from '../../server/platform/database.ts'
import { testDatabase } from '../../server/platform/testing.ts'
import { chanceOf } from './chance.ts'
import type { Json } from './courier.ts'
import { type House, type Letter, openHouse, type Reply } from './house.ts'
import { Disagreement, live, type WorldOptions } from './world.ts'

export async function house(): Promise<{ house: House; url: string }> {
  const url = await testDatabase({ after })
  const opened = await openHouse(url)
  after(() => opened.close())
  return { house: opened, url }
}

/** A letter on its way to the real server, which has this database. */
export interface Moment {
  readonly letter: Letter
  readonly db: Database
  /** As whoever wrote the letter, or with another body. */
  send(body?: string | null): Promise<Reply>
  /** Another letter that nobody of the world knows of. */
  sendSecretly(letter: Letter): Promise<Reply>
}

export interface Fault {
  readonly matches: (letter: Letter) => boolean
  /** Answers the letter; `bites`: the fault was really brought in, else it waits for the next letter. */
  readonly plant: (moment: Moment) => Promise<{ readonly reply: Reply; readonly bites: boolean }>
  /** Letters that it lets pass first. */
  readonly skip?: number
  /** Not once, but with every letter. */
  readonly often?: boolean
  /** In what world; the mixed one where nothing is said. */
  readonly among?: Partial<WorldOptions>
}

/** Few people who do all the time what is to be watched, so that no fault waits for a chance to bite. */
export const buysMuch = { buys: 0.3, most: 200_000, holds: 0, returns: 0 }
export const payingMinimum = {
  days: 28,
  custom: { ...buysMuch, pays: 'minimum' as const, plans: ['pay-later'] },
}
export const payingAhead = {
  customers: 12,
  days: 20,
  custom: { ...buysMuch, pays: 'ahead' as const, plans: ['3x-daily', '6x-daily'] },
}

/** The server with the fault in it, which tells how often it was brought in. */
export function planted(real: House, db: Database, { matches, plant, skip = 0, often = false }: Fault) {
  let bites = 0
  let seen = 0
  let last: Promise<unknown> = Promise.resolve()
  const isOver = () => bites > 0 && !often
  const send: House['send'] = (letter, scene) => {
    if (isOver() || !matches(letter)) return real.send(letter, scene)
    // One after the other: of several at the same time the first may be one that the fault does not bite.
    const answered = last.then(async () => {
      if (isOver() || seen++ < skip) return real.send(letter, scene)
      const { reply, bites: bitten } = await plant({
        letter,
        db,
        send: (body = letter.body) => real.send({ ...letter, body }, scene),
        sendSecretly: (other) => real.send(other, { chance: chanceOf(1, 2, 3, seen), at: scene.at }),
      })
      if (bitten) bites++
      return reply
    })
    last = answered.catch(() => {})
    return answered
  }
  return { house: { ...real, send }, bites: () => bites }
}

/** Of what is answered; `change` tells whether it found something to change. */
export const inAnswer =
  (change: (body: Json) => boolean): Fault['plant'] =>
  async ({ send }) => {
    const reply = await send()
    const body = JSON.parse(reply.text)
    const bites = reply.status < 300 && change(body)
    return { reply: bites ? { ...reply, text: JSON.stringify(body) } : reply, bites }
  }

/** Of what is asked; it bites where the server then does it. */
export const inRequest =
  (change: (body: Json) => boolean): Fault['plant'] =>
  async ({ letter, send }) => {
    const body = JSON.parse(letter.body!)
    const changes = change(body)
    const reply = changes ? await send(JSON.stringify(body)) : await send()
    return { reply, bites: changes && reply.status < 300 }
  }

export const isRead = (path: string) => (letter: Letter) => letter.method === 'GET' && letter.path.startsWith(path)
export const isPost = (path: string) => (letter: Letter) => letter.method === 'POST' && letter.path === path

export const isPrepayment = (letter: Letter) => letter.method === 'POST' && letter.path.endsWith('/prepay')

/** A minor unit more of the first that has it. */
export function oneMore(rows: readonly Json[], figure: string, fits: (row: Json) => boolean = () => true): boolean {
  const row = rows.find((candidate) => typeof candidate[figure] === 'number' && fits(candidate))
  if (row !== undefined) row[figure] += 1
  return row !== undefined
}

export const bearsInterest = (row: Json) => row.interest > 0

export const watched = { customers: 25, days: 60, seed: 5, withFaults: false }

/** A test that the fault is really brought in, and found. */
export function isCaught(what: string, fault: Fault, caught: RegExp): void {
  test(`caught: ${what}`, async () => {
    const { house: real, url } = await house()
    const db = openDatabase(url, { max: 1 })
    after(() => db.end())
    const { house: faulty, bites } = planted(real, db, fault)
    await assert.rejects(live(faulty, { ...watched, ...fault.among }), (error) => {
      assert.ok(bites() > 0, `the fault was never brought in: ${error}`)
      assert.ok(error instanceof Disagreement, String(error))
      assert.match(error.message, /^seed [567], day \d+ \(2026-/)
      assert.match(error.message, caught)
      assert.ok(error.dayNumber > 0)
      return true
    })
  })
}
