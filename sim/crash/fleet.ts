/** Callers that buy, hold, capture and repay at the same time, and that outlive the server. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, openConnection, type RequestPrinter, requestPrinter } from '../../bench/harness/connection.ts'
import { pick, type Source, seeded } from '../../bench/harness/random.ts'
import { createLedger, type Intent, isFinal, type Ledger } from './ledger.ts'
import type { CrashWorld } from './world.ts'

export interface Fleet {
  readonly ledger: Ledger
  start(port: number): void
  /** Cuts every connection, whatever is under way on it. */
  disconnect(): void
  /** Stops sending; what is under way is waited for, or broken with its connection. */
  pause(): Promise<void>
  /** Sends what is unanswered once more under its key, until all of it is answered. */
  resend(port: number): Promise<void>
  /** Pauses and sends the rest. */
  finish(): Promise<void>
}

export interface FleetOrder {
  readonly world: CrashWorld
  readonly callers: number
  readonly seed: number
}

const answerTimeoutMilliseconds = 30_000
const triesMax = 50
const pauseMilliseconds = 100
const resenders = 8

export function createFleet({ world, callers, seed }: FleetOrder): Fleet {
  const ledger = createLedger()
  const sources = Array.from({ length: callers }, (_, index) => seeded(seed * 1_000 + index))
  const open = new Set<Connection>()
  let running: Promise<void>[] = []
  let stopped = true
  let lastPort = 0
  let keys = 0

  const nextKey = () => `crash-${seed}-${++keys}`

  async function send(connection: Connection, printer: RequestPrinter, intent: Intent): Promise<void> {
    intent.sent++
    const answer = await connection.send(printer.post(intent.path, intent.body, intent.key))
    ledger.statuses.set(answer.status, (ledger.statuses.get(answer.status) ?? 0) + 1)
    if (isFinal(answer.status)) intent.answer = answer
  }

  /** A caller that is sent away comes back with the same request; if the connection breaks, it stays unanswered. */
  async function persist(connection: Connection, printer: RequestPrinter, intent: Intent): Promise<void> {
    ledger.intents.push(intent)
    while (!stopped && intent.answer === null) {
      await send(connection, printer, intent)
      if (intent.answer === null) await delay(pauseMilliseconds)
    }
  }

  async function untilAnswered(port: number, printer: RequestPrinter, intent: Intent): Promise<void> {
    for (let attempt = 1; attempt <= triesMax && intent.answer === null; attempt++) {
      const connection = await openConnection(port).catch(() => null)
      if (connection !== null) {
        await send(connection, printer, intent).catch(() => {})
        connection.close()
      }
      if (intent.answer === null) await delay(pauseMilliseconds)
    }
    if (intent.answer === null) throw new Error(`no answer to ${intent.key} after ${triesMax} tries`)
  }

  async function call(port: number, source: Source): Promise<void> {
    const printer = requestPrinter(port, world.key)
    const connection = await openConnection(port).catch(() => null)
    if (connection === null) return
    open.add(connection)
    try {
      while (!stopped) {
        const intent = intentOf(world, source, nextKey())
        await persist(connection, printer, intent)
        const capture = captureOf(intent, nextKey())
        if (capture !== null) await persist(connection, printer, capture)
      }
    } catch {
      // The connection broke: its last intent stays unanswered in the ledger, which is the point of this program.
    } finally {
      open.delete(connection)
      connection.close()
    }
  }

  async function pause(): Promise<void> {
    stopped = true
    const timer = setTimeout(disconnect, answerTimeoutMilliseconds)
    await Promise.all(running)
    clearTimeout(timer)
  }

  function disconnect(): void {
    for (const connection of open) connection.close()
  }

  async function resend(port: number): Promise<void> {
    lastPort = port
    const printer = requestPrinter(port, world.key)
    const waiting = ledger.unanswered()
    const resender = async () => {
      for (let intent = waiting.pop(); intent !== undefined; intent = waiting.pop())
        await untilAnswered(port, printer, intent)
    }
    await Promise.all(Array.from({ length: resenders }, resender))
  }

  return {
    ledger,
    start: (port) => {
      stopped = false
      lastPort = port
      running = sources.map((source) => call(port, source))
    },
    disconnect,
    pause,
    resend,
    finish: async () => {
      await pause()
      await resend(lastPort)
    },
  }
}

/** The key is the reference too, so that the books can be searched for it. */
function intentOf(world: CrashWorld, source: Source, key: string): Intent {
  const lineId = pick(source, world.lines)
  const kind = source()
  if (kind < 0.2) {
    const body = { lineId, amount: 1_000 + Math.floor(source() * 20_000), reference: key }
    return { key, kind: 'repayment', path: '/v1/repayments', body: JSON.stringify(body), answer: null, sent: 0 }
  }
  const merchantId = source() < 0.5 ? world.merchants[0]! : pick(source, world.merchants)
  const amount = 1_000 + Math.floor(source() * 20_000)
  const order = { lineId, merchantId, amount, currency: 'CNY', plan: 'pay-later', reference: key }
  const isHold = kind < 0.35
  const body = JSON.stringify(isHold ? { ...order, capture: false } : order)
  return { key, kind: isHold ? 'hold' : 'purchase', path: '/v1/charges', body, answer: null, sent: 0 }
}

/** What follows a hold that was granted. */
function captureOf(hold: Intent, key: string): Intent | null {
  if (hold.kind !== 'hold' || hold.answer?.status !== 201) return null
  const { id } = JSON.parse(hold.answer.body) as { id: string }
  return { key, kind: 'capture', path: `/v1/charges/${id}/capture`, body: '{}', answer: null, sent: 0 }
}
