import { problem } from './errors.ts'
import { shardOf } from './ids.ts'

/**
 * Turns a stream of single writes into few commits. One durable commit costs about as much for 1 write as for 200, so
 * while one batch is being written the next one gathers; without load a write leaves in the same turn of the event
 * loop. There is no timer: waiting for company would add its delay to every quiet request.
 */
export interface BatcherOptions<Key, Item, Result> {
  /**
   * Writes a batch; gives one result per item, in order. An Error in a result's place rejects that item alone; a
   * rejected promise rejects the whole batch, or, where `retryAlone` agrees, makes its halves try again, down to one item.
   */
  run(items: Item[], group: number): Promise<(Result | Error)[]>
  /** Items of one key never share a batch and run in the order they came (a line, for example). */
  keyOf(item: Item): Key
  /** The shard: a batch never spans two. */
  groupOf(item: Item): number
  maxBatch: number
  /** Items waiting over all groups; beyond it callers are told to come back. */
  maxQueue: number
  /** Batches of one group running at the same time. */
  inFlightPerGroup: number
  /** Whether a failed batch had no effect at all, so that its halves may run again. Default: never. */
  retryAlone?: (error: unknown) => boolean
  /** For metrics. */
  onBatch?: (size: number, milliseconds: number) => void
}

export interface Batcher<Item, Result> {
  submit(item: Item): Promise<Result>
  /** Refuses new items and resolves once all accepted ones have been written. */
  drain(): Promise<void>
  /** Items waiting, not counting those being written. */
  waiting(): number
}

interface Waiting<Item, Result> {
  item: Item
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/** One entry per key that has work: its items in order, and whether one of them is being written. */
interface Lane<Key, Item, Result> {
  key: Key
  items: Waiting<Item, Result>[]
}

interface Group<Key, Item, Result> {
  number: number
  /** Keys with work, including those being written. */
  lanes: Map<Key, Lane<Key, Item, Result>>
  /** Lanes whose first item may leave now, oldest first. */
  ready: Lane<Key, Item, Result>[]
  running: number
  scheduled: boolean
}

/**
 * What was asked for together leaves when all sockets of this turn of the event loop were read (`setImmediate`). On a server
 * with more to do than it can, a turn takes a tenth of a second and longer, and a request waits for several in a row: so many
 * leave as soon as those that came with them have asked as well.
 */
const enoughToLeave = 128

export function createBatcher<Key, Item, Result>(options: BatcherOptions<Key, Item, Result>): Batcher<Item, Result> {
  const groups = new Map<number, Group<Key, Item, Result>>()
  let waiting = 0
  let running = 0
  let draining = false
  let whenIdle: (() => void)[] = []

  function submit(item: Item): Promise<Result> {
    if (draining) return Promise.reject(busy('This server is shutting down.'))
    if (waiting >= options.maxQueue) return Promise.reject(busy(`${waiting} writes are already waiting.`))
    return new Promise((resolve, reject) => {
      waiting++
      const group = groupFor(options.groupOf(item))
      enqueue(group, { item, resolve, reject })
      schedule(group)
    })
  }

  function groupFor(number: number): Group<Key, Item, Result> {
    const known = groups.get(number)
    if (known) return known
    const created: Group<Key, Item, Result> = { number, lanes: new Map(), ready: [], running: 0, scheduled: false }
    groups.set(number, created)
    return created
  }

  function enqueue(group: Group<Key, Item, Result>, entry: Waiting<Item, Result>): void {
    const key = options.keyOf(entry.item)
    const lane = group.lanes.get(key)
    if (lane) {
      lane.items.push(entry)
      return
    }
    const created = { key, items: [entry] }
    group.lanes.set(key, created)
    group.ready.push(created)
  }

  function schedule(group: Group<Key, Item, Result>): void {
    if (group.ready.length === 0 || group.running >= options.inFlightPerGroup) return
    if (group.ready.length === enoughToLeave) process.nextTick(launch, group)
    if (group.scheduled) return
    group.scheduled = true
    setImmediate(() => {
      group.scheduled = false
      launch(group)
    })
  }

  function launch(group: Group<Key, Item, Result>): void {
    while (group.ready.length > 0 && group.running < options.inFlightPerGroup) {
      const lanes = group.ready.splice(0, options.maxBatch)
      const batch = lanes.map((lane) => lane.items[0]!)
      waiting -= batch.length
      group.running++
      running++
      void write(batch, group.number).then((tell) => {
        group.running--
        running--
        for (const lane of lanes) advance(group, lane)
        // The next batch leaves before anybody is told of this one: to make a hundred answers takes milliseconds, in which
        // the database would have nothing to do. In the loop's next turn it has been sent.
        if (group.ready.length > 0) {
          launch(group)
          setImmediate(tell)
        } else tell()
        if (waiting === 0 && running === 0) settle()
      })
    }
  }

  function advance(group: Group<Key, Item, Result>, lane: Lane<Key, Item, Result>): void {
    lane.items.shift()
    if (lane.items.length > 0) group.ready.push(lane)
    else group.lanes.delete(lane.key)
  }

  /** Never rejects: every outcome goes to the callers, by way of what it resolves to. */
  async function write(batch: Waiting<Item, Result>[], group: number): Promise<() => void> {
    const startedAt = performance.now()
    const tell = await outcomeOf(batch, group)
    options.onBatch?.(batch.length, performance.now() - startedAt)
    return tell
  }

  async function outcomeOf(batch: Waiting<Item, Result>[], group: number): Promise<() => void> {
    try {
      const items = batch.map((entry) => entry.item)
      const results = await options.run(items, group)
      if (results.length !== batch.length) throw new Error(`a batch of ${batch.length} gave ${results.length} results`)
      return () => {
        for (let index = 0; index < batch.length; index++) deliver(batch[index]!, results[index]!)
      }
    } catch (error) {
      if (batch.length === 1 || !options.retryAlone?.(error)) {
        return () => {
          for (const entry of batch) entry.reject(error)
        }
      }
      // In halves: of 512 items a single guilty one is found in 18 batches more, one by one it would take 512.
      const half = batch.length >> 1
      const tellFirst = await outcomeOf(batch.slice(0, half), group)
      const tellSecond = await outcomeOf(batch.slice(half), group)
      return () => {
        tellFirst()
        tellSecond()
      }
    }
  }

  function settle(): void {
    for (const resolve of whenIdle) resolve()
    whenIdle = []
  }

  function drain(): Promise<void> {
    draining = true
    if (waiting === 0 && running === 0) return Promise.resolve()
    return new Promise((resolve) => whenIdle.push(resolve))
  }

  return { submit, drain, waiting: () => waiting }
}

function deliver<Item, Result>(entry: Waiting<Item, Result>, result: Result | Error): void {
  if (result instanceof Error) entry.reject(result)
  else entry.resolve(result)
}

function busy(detail: string): Error {
  return problem('busy', { detail, retryAfterSeconds: 1 })
}

export type Loader<Key, Value> = (key: Key) => Promise<Value | undefined>

/**
 * Coalesces reads into few queries: a hundred requests that ask for their API key cost one round trip. While one query is
 * under way the next one gathers, so that the busier the server, the fewer queries a request costs; without load a key is
 * asked for in the same turn of the event loop. Every query starts after its keys were asked for and nothing is kept, so
 * nothing can be stale.
 */
export function createLoader<Key, Value>(run: (keys: Key[]) => Promise<Map<Key, Value>>): Loader<Key, Value> {
  let gathering: Gathering<Key, Value> | null = null
  let scheduled = false
  let underWay: symbol | null = null

  function schedule(): void {
    if (gathering === null || underWay !== null) return
    if (gathering.askers === enoughToLeave) process.nextTick(launch)
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      launch()
    })
  }

  function launch(): void {
    if (gathering === null || underWay !== null) return
    const { asked, resolve, reject } = gathering
    gathering = null
    const query = Symbol('query')
    underWay = query
    const proceed = () => {
      if (underWay !== query) return
      underWay = null
      clearTimeout(patience)
      if (gathering !== null && gathering.askers >= enoughToLeave) launch()
      else schedule()
    }
    const patience = setTimeout(proceed, patienceMilliseconds)
    run([...asked.keys()])
      .then(resolve, reject)
      .finally(proceed)
  }

  return (key) => {
    gathering ??= gather()
    gathering.askers++
    schedule()
    const asked = gathering.asked.get(key)
    if (asked) return asked
    const answer = gathering.answers.then((values) => values.get(key))
    gathering.asked.set(key, answer)
    return answer
  }
}

/**
 * The same for questions of several parts: one query for each shard asks all of them (`unnest … with ordinality`), and gives
 * the answers in their order. A query of one shard goes to one machine of a cluster.
 */
export function createShardLoader<Question extends { readonly shard: number }, Answer>(
  ask: (shard: number, questions: readonly Question[]) => Promise<readonly Answer[]>,
): (question: Question) => Promise<Answer> {
  const load = createLoader<Question, Answer>(async (questions) => {
    const byShard = [...Map.groupBy(questions, (question) => question.shard)]
    const answered = await Promise.all(
      byShard.map(async ([shard, own]) => {
        const answers = await ask(shard, own)
        return own.map((question, place) => [question, answers[place]!] as const)
      }),
    )
    return new Map(answered.flat())
  })
  return async (question) => (await load(question))!
}

/**
 * Rows that a request asked for before it was known whose it is, by their ids, which say their kind: promised, or found with
 * its key (null: there is none).
 */
export type RowsAhead = Map<string, Promise<unknown> | object | null>

export interface RowLoader<Row> {
  /** Undefined for an unknown id and for another tenant's. What was asked for ahead is taken once; the next reading asks anew. */
  (id: string, tenantId: string, ahead?: RowsAhead | undefined): Promise<Row | undefined>
  /** Asks now for what will be taken when the tenant is known. One loader of a kind of id looks ahead. */
  lookAhead(id: string, ahead: RowsAhead): void
}

interface Owned {
  readonly id: string
  readonly tenantId: string
}

/** Rows by their ids: those that several requests ask for come in one query, and each request gets its own tenant's only. */
export function createOwnedLoader<Row extends Owned>(
  read: (ids: readonly string[]) => Promise<readonly Row[]>,
): RowLoader<Row> {
  const load = createLoader<string, Row>(async (ids) => new Map((await read(ids)).map((row) => [row.id, row])))

  async function find(id: string, tenantId: string, ahead?: RowsAhead): Promise<Row | undefined> {
    const asked = ahead?.get(id) as Promise<Row | undefined> | Row | null | undefined
    if (asked !== undefined) ahead!.delete(id)
    const row = await (asked === undefined ? load(id) : asked)
    return row?.tenantId === tenantId ? row : undefined
  }

  function lookAhead(id: string, ahead: RowsAhead): void {
    const asked = load(id)
    // A request that is refused takes nothing, and then nobody is there to be told of a failure.
    asked.catch(() => {})
    ahead.set(id, asked)
  }

  return Object.assign(find, { lookAhead })
}

/** The same for ids that say their shards. */
export function createRowLoader<Row extends Owned>(
  read: (shards: readonly number[], ids: readonly string[]) => Promise<readonly Row[]>,
): RowLoader<Row> {
  return createOwnedLoader((ids) => read([...new Set(ids.map(shardOf))], ids))
}

/** What the next query will ask for. */
interface Gathering<Key, Value> {
  askers: number
  readonly asked: Map<Key, Promise<Value | undefined>>
  readonly answers: Promise<Map<Key, Value>>
  resolve(values: Map<Key, Value>): void
  reject(error: unknown): void
}

function gather<Key, Value>(): Gathering<Key, Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Map<Key, Value>>()
  return { askers: 0, asked: new Map(), answers: promise, resolve, reject }
}

/** A query that takes longer, on a dying connection perhaps, no longer makes others wait for it. */
const patienceMilliseconds = 20
