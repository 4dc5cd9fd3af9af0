import { randomFillSync } from 'node:crypto'
import type { Clock } from './clock.ts'

/**
 * Ids: `chg_0g06f3k9wq2mzbxj4t8p5n7rh`. After the prefix come, in Crockford's base 32 (no i, l, o, u, so an id survives
 * being read out over a telephone): 2 characters of shard where the id belongs to a customer, 10 of milliseconds since
 * 1970 (index pages fill in order, and sorting by id sorts by creation), 13 of randomness (65 bits: at a million ids
 * in one millisecond the chance of a clash is below 1 in 70 million).
 *
 * The shard is inside the id, so that an id alone finds its machine. UUIDv7 lost: no prefix, no shard, longer.
 */
export interface Ids {
  create(prefix: string, shard?: number): string
}

/** Fills with random bytes; `node:crypto` outside tests. */
export type Random = (byteCount: number) => Uint8Array

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const timeLength = 10
const randomLength = 13
const shardLength = 2
export const maxShard = 32 ** shardLength - 1

const body = `[0-9a-hjkmnp-tv-z]{${timeLength + randomLength}}([0-9a-hjkmnp-tv-z]{${shardLength}})?`
const idPattern = new RegExp(`^[a-z]{2,8}_${body}$`)

export function createIds(random: Random, clock: Clock): Ids {
  /** As `randomText`, by pairs of characters. Drawn for each id by itself: whose it is can decide where it comes from. */
  function printRandom(): string {
    const drawn = random(randomLength)
    let text = alphabet[drawn[0]! & 31]!
    for (let at = 1; at < randomLength; at += 2) {
      text += pairs[((drawn[at]! & 31) << 5) | (drawn[at + 1]! & 31)]!
    }
    return text
  }

  return {
    create(prefix, shard) {
      const shardText = shard === undefined ? '' : printShard(shard)
      return `${prefix}_${shardText}${printTime(clock.epochMilliseconds())}${printRandom()}`
    },
  }
}

const pairs = Array.from({ length: 32 * 32 }, (_, at) => alphabet[at >> 5]! + alphabet[at & 31]!)

/** The shard of a customer-side id; throws for an id without one, because asking is a mistake in the program. */
export function shardOf(id: string): number {
  const start = id.indexOf('_') + 1
  if (!idPattern.test(id) || id.length - start === timeLength + randomLength)
    throw new Error(`no shard in the id ${id}`)
  return alphabet.indexOf(id[start]!) * 32 + alphabet.indexOf(id[start + 1]!)
}

/** Whether text looks like an id of this kind; says nothing about whether the thing exists. */
export function isId(prefix: string, text: string): boolean {
  return text.startsWith(`${prefix}_`) && idPattern.test(text)
}

/** Whether text is an id of this kind that carries a shard, so that `shardOf` may be asked. */
export function isShardedId(prefix: string, text: string): boolean {
  return isId(prefix, text) && text.length - prefix.length - 1 > timeLength + randomLength
}

/** Spreads any text evenly over shards; the same text always lands on the same one (FNV-1a). */
export function shardFor(text: string, shards: number): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % shards
}

function printShard(shard: number): string {
  if (!Number.isInteger(shard) || shard < 0 || shard > maxShard)
    throw new RangeError(`shard ${shard} is not in 0..${maxShard}`)
  return pairs[shard]!
}

let timePrinted = Number.NaN
let textOfTime = ''

/** A purchase needs four ids, a busy server ten in a millisecond: their time is printed once. */
function printTime(milliseconds: number): string {
  if (milliseconds !== timePrinted) {
    textOfTime = digitsOf(milliseconds)
    timePrinted = milliseconds
  }
  return textOfTime
}

function digitsOf(milliseconds: number): string {
  let text = ''
  let rest = milliseconds
  for (let digit = 0; digit < timeLength; digit++) {
    text = alphabet[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

/** Random text in the same alphabet, 5 bits a character; the waste of 3 bits a byte buys a loop without carries. */
export function randomText(random: Random, length: number): string {
  const bytes = random(length)
  let text = ''
  for (let index = 0; index < length; index++) text += alphabet[bytes[index]! & 31]!
  return text
}

/** System randomness, fetched 4 KiB at a time: one call per id would cost more than all the rest of making it. */
export function createRandom(): Random {
  const pool = new Uint8Array(4096)
  let used = pool.length
  return (byteCount) => {
    if (used + byteCount > pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += byteCount
    // A copy: a view would change under the caller at the next filling.
    return pool.slice(used - byteCount, used)
  }
}
