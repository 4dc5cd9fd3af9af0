/** How far a replay is: a bar where a person watches, a line now and then where a file does. On standard error. */
import { Presets, SingleBar } from 'cli-progress'
import { count } from '../http/money.ts'

export interface Progress {
  /** A part of the run begins. */
  start(unit: string, total: number): void
  day(day: string): void
  done(): void
  stop(): void
}

const lineEveryMilliseconds = 10_000

export function createProgress(): Progress {
  return process.stderr.isTTY ? barProgress() : lineProgress()
}

export const silentProgress: Progress = { start: () => {}, day: () => {}, done: () => {}, stop: () => {} }

interface Pace {
  unit: string
  total: number
  done: number
  day: string
  startedAt: number
}

function newPace(unit: string, total: number): Pace {
  return { unit, total, done: 0, day: '', startedAt: performance.now() }
}

function figuresOf({ done, total, startedAt }: Pace): { rate: string; left: string } {
  const seconds = (performance.now() - startedAt) / 1000
  const rate = done / Math.max(seconds, 0.001)
  const left = done === 0 ? '–' : duration((total - done) / rate)
  return { rate: rate >= 100 ? count(Math.round(rate)) : rate.toFixed(1), left }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
}

function barProgress(): Progress {
  let pace = newPace('', 0)
  let bar: SingleBar | null = null
  const show = () => bar?.update(pace.done, { ...figuresOf(pace), day: pace.day })
  return {
    start(unit, total) {
      bar?.stop()
      pace = newPace(unit, total)
      bar = new SingleBar(
        {
          format: `  {day} {bar} {percentage} % · {value} of {total} ${unit} · {rate}/s · {left} left`,
          hideCursor: true,
        },
        Presets.shades_classic,
      )
      bar.start(total, 0, { rate: '–', left: '–', day: '' })
    },
    day(day) {
      pace.day = day
      show()
    },
    done() {
      pace.done++
      show()
    },
    stop: () => bar?.stop(),
  }
}

function lineProgress(): Progress {
  let pace = newPace('', 0)
  let shownAt = performance.now()
  return {
    start(unit, total) {
      pace = newPace(unit, total)
    },
    day(day) {
      pace.day = day
    },
    done() {
      pace.done++
      if (performance.now() - shownAt < lineEveryMilliseconds) return
      shownAt = performance.now()
      const { rate, left } = figuresOf(pace)
      console.error(`${pace.day}  ${count(pace.done)} of ${count(pace.total)} ${pace.unit} · ${rate}/s · ${left} left`)
    },
    stop: () => {},
  }
}
