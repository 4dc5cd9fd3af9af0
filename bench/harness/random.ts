/** A seeded source, so that two runs send the same requests. Mulberry32 (T. Ettinger, public domain). */
export type Source = () => number

export function seeded(seed: number): Source {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function pick<Item>(source: Source, items: readonly Item[]): Item {
  return items[Math.floor(source() * items.length)]!
}
