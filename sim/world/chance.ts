/** The one source of chance of a world. Any part of it can be drawn anew from its numbers: seed, day, person. */

export interface Chance {
  /** Whether something of this probability happens. */
  happens(probability: number): boolean
  /** A whole number, both ends included. */
  between(least: number, most: number): number
  pick<Item>(items: readonly Item[]): Item
  bytes(count: number): Uint8Array
}

/** Chris Doty-Humphrey's sfc32, public domain: 128 bits of state, so that streams of different numbers never meet. */
export function chanceOf(...numbers: readonly number[]): Chance {
  let [a, b, c, d] = [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0, numbers[3] ?? 1]
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let warm = 0; warm < 15; warm++) next()
  const between = (least: number, most: number) => least + (next() % (most - least + 1))
  return {
    happens: (probability) => next() < probability * 4_294_967_296,
    between,
    pick: (items) => items[between(0, items.length - 1)]!,
    bytes: (count) => {
      const drawn = new Uint8Array(count)
      for (let place = 0; place < count; place++) drawn[place] = next() & 255
      return drawn
    },
  }
}
