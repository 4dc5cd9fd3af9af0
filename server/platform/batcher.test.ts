import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { type BatcherOptions, createBatcher, createLoader, createShardLoader } from './batcher.ts'
import { Problem } from './errors.ts'

interface Write {
  line: string
  n: number
  shard?: number
}

/** Records the batches it was given; each takes one millisecond. */
function recorder(overrides: Partial<BatcherOptions<string, Write, string>> = {}) {
  const batches: Write[][] = []
  const batcher = createBatcher<string, Write, string>({
    run: async (items) => {
      batches.push(items)
      await delay(1)
      return items.map((item) => `${item.line}${item.n}`)
    },
    keyOf: (item) => item.line,
    groupOf: (item) => item.shard ?? 0,
    maxBatch: 100,
    maxQueue: 1000,
    inFlightPerGroup: 1,
    ...overrides,
  })
  return { batches, batcher }
}

test('a lone write runs at once, in a batch of its own', async () => {
  const { batches, batcher } = recorder()
  const answer = batcher.submit({ line: 'a', n: 1 })
  await turn()
  assert.equal(batches.length, 1)
  assert.equal(await answer, 'a1')
})

test('writes that arrive together share one batch', async () => {
  const { batches, batcher } = recorder()
  const answers = await Promise.all(['a', 'b', 'c'].map((line) => batcher.submit({ line, n: 1 })))
  assert.deepEqual(answers, ['a1', 'b1', 'c1'])
  assert.equal(batches.length, 1)
})

test('while a batch is written, the next one gathers', async () => {
  const { batches, batcher } = recorder()
  const first = batcher.submit({ line: 'a', n: 1 })
  await turn()
  const rest = ['b', 'c', 'd'].map((line) => batcher.submit({ line, n: 1 }))
  await Promise.all([first, ...rest])
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [1, 3],
  )
})

test('a key is in a batch at most once, and its writes keep their order', async () => {
  const { batches, batcher } = recorder({ inFlightPerGroup: 3 })
  const writes = [1, 2, 3, 4].flatMap((n) => ['a', 'b'].map((line) => ({ line, n })))
  await Promise.all(writes.map((write) => batcher.submit(write)))
  for (const batch of batches) assert.equal(new Set(batch.map((item) => item.line)).size, batch.length)
  const ofA = batches.flat().filter((item) => item.line === 'a')
  assert.deepEqual(
    ofA.map((item) => item.n),
    [1, 2, 3, 4],
  )
})

test('a batch never mixes shards nor exceeds its largest size', async () => {
  const { batches, batcher } = recorder({ maxBatch: 4 })
  const writes = Array.from({ length: 30 }, (_, n) => ({ line: `l${n}`, n, shard: n % 2 }))
  await Promise.all(writes.map((write) => batcher.submit(write)))
  for (const batch of batches) {
    assert.equal(new Set(batch.map((item) => item.shard)).size, 1)
    assert.ok(batch.length <= 4)
  }
})

test('a full queue is refused as busy, with the time to come back', async () => {
  const { batcher } = recorder({ maxQueue: 2 })
  const accepted = [batcher.submit({ line: 'a', n: 1 }), batcher.submit({ line: 'b', n: 1 })]
  await assert.rejects(batcher.submit({ line: 'c', n: 1 }), (error: unknown) => {
    assert.ok(error instanceof Problem)
    assert.equal(error.code, 'busy')
    assert.equal(error.parts.retryAfterSeconds, 1)
    return true
  })
  await Promise.all(accepted)
})

test('an Error in the results rejects its own item only', async () => {
  const { batcher } = recorder({
    run: async (items) => items.map((item) => (item.line === 'b' ? new Error('limit') : item.line)),
  })
  const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((line) => batcher.submit({ line, n: 1 })))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('a batch that failed without effect is tried item by item, so one bad item harms no other', async () => {
  const { batcher } = recorder({
    run: async (items) => {
      if (items.some((item) => item.line === 'bad')) throw new Error('numeric field overflow')
      return items.map((item) => item.line)
    },
    retryAlone: () => true,
  })
  const outcomes = await Promise.allSettled(['a', 'bad', 'c'].map((line) => batcher.submit({ line, n: 1 })))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

test('one guilty item among many is found in halves, and everybody else is written', async () => {
  let calls = 0
  const { batcher } = recorder({
    run: async (items) => {
      calls++
      if (items.some((item) => item.line === '77')) throw new Error('numeric field overflow')
      return items.map((item) => item.line)
    },
    maxBatch: 256,
    retryAlone: () => true,
  })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 256 }, (_, n) => batcher.submit({ line: String(n), n: 1 })),
  )
  assert.deepEqual(
    outcomes.flatMap((outcome, n) => (outcome.status === 'rejected' ? [n] : [])),
    [77],
  )
  assert.equal(calls, 1 + 2 * Math.log2(256))
})

test('after a failed batch the group goes on working', async () => {
  let calls = 0
  const { batcher } = recorder({
    run: async (items) => {
      if (++calls === 1) throw new Error('connection lost')
      return items.map((item) => item.line)
    },
  })
  await assert.rejects(batcher.submit({ line: 'a', n: 1 }), /connection lost/)
  assert.equal(await batcher.submit({ line: 'a', n: 2 }), 'a')
})

test('draining writes what was accepted and refuses what comes later', async () => {
  const { batches, batcher } = recorder()
  const accepted = [1, 2, 3].map((n) => batcher.submit({ line: 'a', n }))
  const drained = batcher.drain()
  await assert.rejects(batcher.submit({ line: 'b', n: 1 }), /shutting down/)
  await drained
  assert.deepEqual(await Promise.all(accepted), ['a1', 'a2', 'a3'])
  assert.equal(batches.length, 3)
})

test('a loader asks once for all keys of a turn, and again in the next turn', async () => {
  const asked: string[][] = []
  const load = createLoader<string, number>(async (keys) => {
    asked.push(keys)
    return new Map(keys.filter((key) => key !== 'unknown').map((key) => [key, key.length]))
  })
  assert.deepEqual(await Promise.all([load('a'), load('bb'), load('a'), load('unknown')]), [1, 2, 1, undefined])
  assert.equal(await load('a'), 1)
  assert.deepEqual(asked, [['a', 'bb', 'unknown'], ['a']])
})

test('many that ask together do not wait for the end of a turn', async () => {
  const sizes: number[] = []
  const load = createLoader<number, number>(async (keys) => {
    sizes.push(keys.length)
    return new Map(keys.map((key) => [key, key]))
  })
  const { batches, batcher } = recorder({ maxBatch: 1_000 })
  const all = Array.from({ length: 150 }, (_, n) => n)
  const asked = Promise.all(all.map(load))
  const written = Promise.all(all.map((n) => batcher.submit({ line: String(n), n })))
  await new Promise(process.nextTick)
  assert.deepEqual(sizes, [150])
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [150],
  )
  await Promise.all([asked, written])
})

test('a loader passes a failure on to everyone who asked, and recovers', async () => {
  let calls = 0
  const load = createLoader<string, number>(async (keys) => {
    if (++calls === 1) throw new Error('no connection')
    return new Map(keys.map((key) => [key, 1]))
  })
  const outcomes = await Promise.allSettled([load('a'), load('b')])
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected'))
  assert.equal(await load('a'), 1)
})

test('while a query is under way the next one gathers; one that takes too long holds nobody up', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const asked: string[][] = []
    const answers: (() => void)[] = []
    const load = createLoader<string, number>((keys) => {
      asked.push(keys)
      return new Promise((resolve) => answers.push(() => resolve(new Map(keys.map((key) => [key, key.length])))))
    })
    const first = load('a')
    await turn()
    const later = [load('bb')]
    await turn()
    later.push(load('ccc'))
    await turn()
    assert.deepEqual(asked, [['a']])
    answers[0]!()
    assert.equal(await first, 1)
    await turn()
    assert.deepEqual(asked, [['a'], ['bb', 'ccc']])
    const last = load('dddd')
    await turn()
    assert.equal(asked.length, 2)
    mock.timers.tick(20)
    await turn()
    assert.deepEqual(asked[2], ['dddd'])
    answers[2]!()
    assert.equal(await last, 4)
    answers[1]!()
    assert.deepEqual(await Promise.all(later), [2, 3])
  } finally {
    mock.timers.reset()
  }
})

test('questions of one turn are one query for each shard, answered in their order; one that fails, fails for its askers', async () => {
  const asked: [shard: number, names: string[]][] = []
  const load = createShardLoader<{ shard: number; name: string }, string | undefined>(async (shard, questions) => {
    const names = questions.map(({ name }) => name)
    asked.push([shard, names])
    if (names.includes('broken')) throw new Error('the shard is away')
    return names.map((name) => (name === 'nobody' ? undefined : `${name} of ${shard}`))
  })
  const answers = await Promise.all([
    load({ shard: 1, name: 'one' }),
    load({ shard: 0, name: 'nobody' }),
    load({ shard: 1, name: 'two' }),
    load({ shard: 1, name: 'one' }),
  ])
  assert.deepEqual(answers, ['one of 1', undefined, 'two of 1', 'one of 1'])
  assert.deepEqual(asked, [
    [1, ['one', 'two', 'one']],
    [0, ['nobody']],
  ])
  await assert.rejects(load({ shard: 2, name: 'broken' }), /away/)
  assert.equal(await load({ shard: 2, name: 'well' }), 'well of 2')
})
