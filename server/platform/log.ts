import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogLevel } from './config.ts'

/**
 * One JSON object a line on standard output. Bodies are never logged; the redaction catches what a careless log call
 * might add. Written in blocks unless a person watches: one system call per request would cost a tenth of the throughput.
 */
export function createLog(level: LogLevel): Logger {
  const watched = process.stdout.isTTY
  return logTo(pino.destination(watched ? { fd: 1, sync: true } : { fd: 1, sync: false, minLength: 4096 }), level)
}

export function logTo(destination: DestinationStream, level: LogLevel): Logger {
  const secret = [
    'authorization',
    'headers.authorization',
    'req.headers.authorization',
    'body',
    '*.body',
    'secret',
    '*.secret',
  ]
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secret, censor: '[redacted]' },
    },
    destination,
  )
}
