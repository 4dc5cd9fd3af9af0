/**
 * Who sends a request. Its key is looked up for every request, and a stranger's request waits for that unread. On a connection
 * on which the same key was good a moment ago the request is read and checked first, and what it needs is asked for beside its
 * key, or by the same query: one wait for the database instead of two. None of it is used or told before the key has turned out
 * to be good, so that a revoked key is refused as ever, and before anything else is said.
 */
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authenticate, type Caller, type Introduction, keyHashOf, unknownKey } from './auth.ts'
import type { Ahead } from './context.ts'

/** Nothing where the key is to be asked for by itself. */
// biome-ignore lint/suspicious/noConfusingVoidType: so that whoever has nothing to give need not say so
export type LookedAhead = Promise<Introduction> | void

/**
 * Begins to look up what a request will need. The request has the form of its route's schema. Gives the caller with it where
 * one query finds both.
 */
export type LookAhead = (ahead: Ahead, request: { readonly body: unknown; readonly params: unknown }) => LookedAhead

/** A request that is read before its key is looked up. */
export interface Arrival {
  readonly keyHash: string
  readonly lookAhead: LookAhead | undefined
}

/** What the last good request of a connection had. */
interface LastGood {
  readonly authorization: string
  readonly keyHash: string
}

const lastGood = new WeakMap<Socket, LastGood>()

type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** The first thing that a route does which asks for a key. */
export function callerRequired(lookAhead: LookAhead | undefined): Hook {
  return (request, _reply, done) => {
    const { authorization } = request.headers
    const { socket } = request.raw
    const { loadCaller } = request.server.platform
    const last = lastGood.get(socket)
    if (authorization === undefined || last?.authorization !== authorization) {
      const keyHash = keyHashOf(authorization)
      authenticate(keyHash, loadCaller).then((caller) => {
        request.caller = caller
        lastGood.set(socket, { authorization: authorization!, keyHash })
        done()
      }, done)
      return
    }
    request.arrival = { keyHash: last.keyHash, lookAhead }
    done()
  }
}

/** When the request is found to be in order; whatever comes after it has a caller. */
export const awaitCaller: Hook = (request, _reply, done) => {
  const { arrival } = request
  if (arrival === null) return done()
  const { keyHash, lookAhead } = arrival
  const { platform } = request.server
  const refuse = (refusal: Error): void => {
    lastGood.delete(request.raw.socket)
    done(refusal)
  }
  const enter = (caller: Caller | undefined): void => {
    if (caller === undefined) {
      refuse(unknownKey())
      return
    }
    request.caller = caller
    done()
  }
  const ahead: Ahead = { platform, keyHash, rows: new Map() }
  request.ahead = ahead
  const introduced = lookAhead?.(ahead, request)
  request.arrival = null
  if (introduced === undefined) platform.loadCaller(keyHash).then(enter, refuse)
  else {
    introduced.then(({ caller, id, row }) => {
      ahead.rows.set(id, row)
      enter(caller)
    }, refuse)
  }
}

/** What is wrong with a request is told to nobody but its caller; everyone else is told that the key is not good. */
export function unlessUnauthorized<Sent>(
  request: FastifyRequest,
  error: unknown,
  send: (refusal: unknown) => Sent,
): Sent | Promise<Sent> {
  const { arrival, raw, server } = request
  if (arrival === null) return send(error)
  request.arrival = null
  const known = authenticate(arrival.keyHash, server.platform.loadCaller)
  return known.then(
    (caller) => {
      request.caller = caller
      return send(error)
    },
    (refusal) => {
      lastGood.delete(raw.socket)
      return send(refusal)
    },
  )
}
