/**
 * What comes on a connection and is no request: no HTTP, a head that is too large, one that does not come to its end. It is
 * refused with a problem as any request is, when its turn has come, and its connection is closed: where the next request
 * would begin nobody knows.
 */
import { maxHeaderSize, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { printBareAnswer } from './bare-answer.ts'
import type { Platform } from './context.ts'
import { type Problem, problem, problemDocument } from './errors.ts'

export interface Unreadable {
  /** To be told of every request, whose answer goes first. False: nothing that comes on its connection is taken any more. */
  follow(response: ServerResponse): boolean
  /** For an answer that ends its connection: requests that were sent behind it would be done and never answered. */
  giveUp(socket: Socket): void
  /** Every request that came on this connection is read and answered, and others may follow. */
  isIdle(socket: Socket): boolean
  /** For the `clientError` of the server. */
  refuse(error: Error, socket: Socket): void
}

/** A client that still sends does not read, and loses an answer whose connection is gone: so long it is listened to. */
const lingerMilliseconds = 1_000

export function createUnreadable(platform: Platform): Unreadable {
  /** The last answer of each connection, unless nothing of it is left to be waited for; null where the connection is given up. */
  const answers = new WeakMap<Socket, ServerResponse | null | undefined>()

  /** An answer keeps its request, whose body may be large, and a connection is kept for minutes. */
  function forget(this: ServerResponse): void {
    const { complete, socket } = this.req
    if (complete && answers.get(socket) === this) answers.set(socket, undefined)
  }

  function follow(response: ServerResponse): boolean {
    const { socket } = response.req
    if (answers.get(socket) === null) return false
    answers.set(socket, response)
    response.on('close', forget)
    return true
  }

  function giveUp(socket: Socket): void {
    answers.set(socket, null)
  }

  function refuse(error: Error, socket: Socket): void {
    const last = answers.get(socket)
    // What comes after it cannot be read either, and there is one error for each piece of that.
    if (last === null) return
    giveUp(socket)
    const why = problemOf(error)
    if (why === null) socket.destroy()
    else inTurn(last, socket, (isAnswered) => (isAnswered ? end(socket) : answer(why, error, socket)))
  }

  function end(socket: Socket): void {
    socket.end(() => linger(socket))
  }

  function answer(why: Problem, error: Error, socket: Socket): void {
    if (!socket.writable) return
    const requestId = platform.ids.create('req')
    platform.metrics.problems.inc({ code: why.code })
    // Never the error itself, which holds what came: keys and names.
    platform.log.info({ requestId, problem: why.code, error: codeOf(error) }, 'what came is no request')
    socket.end(printAnswer(why, requestId, platform.clock.epochMilliseconds()), () => {
      // One that is late may still come to its end, and must not be done then.
      if (why.code === 'request-timeout') socket.destroy()
      else linger(socket)
    })
  }

  function isIdle(socket: Socket): boolean {
    const last = answers.get(socket)
    if (last === null) return false
    return last === undefined || (last.closed && last.req.complete)
  }

  return { follow, giveUp, isIdle, refuse }
}

function linger(socket: Socket): void {
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref()
}

/** Calls `then` when all answers before are out; `isAnswered` if what is broken is the body of a request that has its own. */
function inTurn(last: ServerResponse | undefined, socket: Socket, then: (isAnswered: boolean) => void): void {
  const isOfLast = last?.req.complete === false
  if (last === undefined || last.closed) then(isOfLast)
  else if (!isOfLast || last.headersSent || last.writableEnded) last.once('close', () => then(isOfLast))
  else if (last.socket === null) last.once('socket', () => inTurn(last, socket, then))
  else then(false)
}

/** Null where there is nobody to answer: the connection broke. */
function problemOf(error: Error): Problem | null {
  const code = codeOf(error)
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('request-timeout')
  if (code === 'HPE_HEADER_OVERFLOW') return problem('head-too-large', { extra: { limitBytes: maxHeaderSize } })
  if (!code.startsWith('HPE_')) return null
  // The parser's own words, of which there are some dozens; none repeats what came.
  const reason = 'reason' in error && typeof error.reason === 'string' ? `: ${error.reason}` : ''
  return problem('malformed-request', { detail: `The request cannot be read${reason}.` })
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}

function printAnswer(why: Problem, requestId: string, now: number): string {
  const document = problemDocument(why, requestId)
  return printBareAnswer(
    why.status,
    { date: new Date(now).toUTCString(), 'x-request-id': requestId, connection: 'close' },
    document,
  )
}
