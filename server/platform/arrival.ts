/**
 * Who sends a request. Its key is looked up for every request, and a stranger's request waits for that unread. On a connection
 * on which the same key was good a moment ago the request is read and checked meanwhile, and what it needs is asked for beside
 * its key: one wait for the database instead of two. None of it is used or told before the key has turned out to be good, so
 * that a revoked key is refused as ever, and before anything else is said.
 */
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { authenticate, secretOf } from './auth.ts'
import type { Ahead } from './context.ts'

/** Begins to look up what a request will need. The request has the form of its route's schema. */
export type LookAhead = (ahead: Ahead, request: { readonly body: unknown; readonly params: unknown }) => void

/** A request that is being read while its key is looked up. */
export interface Arrival {
  /** Rejects if the key is not good. */
  readonly known: Promise<void>
  readonly lookAhead: LookAhead | undefined
}

/** What the last good request of a connection had. */
interface LastGood {
  readonly authorization: string
  readonly secret: string
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
      const secret = secretOf(authorization)
      authenticate(secret, loadCaller).then((caller) => {
        request.caller = caller
        lastGood.set(socket, { authorization: authorization!, secret })
        done()
      }, done)
      return
    }
    const known = authenticate(last.secret, loadCaller).then((caller) => {
      request.caller = caller
    })
    request.arrival = { known, lookAhead }
    // Whoever waits for it is told; until then nobody listens.
    known.catch(() => lastGood.delete(socket))
    done()
  }
}

/** When the request is found to be in order; whatever comes after it has a caller. */
export const awaitCaller: Hook = (request, _reply, done) => {
  const { arrival } = request
  if (arrival === null) return done()
  const { known, lookAhead } = arrival
  if (lookAhead !== undefined) {
    request.ahead = { platform: request.server.platform, rows: new Map() }
    lookAhead(request.ahead, request)
  }
  request.arrival = null
  known.then(() => done(), done)
}

/** What is wrong with a request is told to nobody but its caller; everyone else is told that the key is not good. */
export function unlessUnauthorized<Sent>(
  { arrival }: FastifyRequest,
  error: unknown,
  send: (refusal: unknown) => Sent,
): Sent | Promise<Sent> {
  return arrival === null ? send(error) : arrival.known.then(() => error).then(send, send)
}
