import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { problem } from './errors.ts'
import { canonicalJson } from './json.ts'

const keyPattern = /^[\x21-\x7e]{1,200}$/

/** The caller's name for this intent, null where it gave none; throws `idempotency-key-invalid`. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || !keyPattern.test(key)) throw problem('idempotency-key-invalid')
  return key
}

/**
 * What a key stands for: a retry must be the same request. Over the path as sent (the same body to another charge is
 * another request) and the body with sorted keys (clients may write JSON in any order).
 */
export function requestHashOf(request: FastifyRequest): string {
  const [path] = request.url.split('?', 1)
  return hash('sha256', `${request.method} ${path}\n${canonicalJson(request.body ?? null)}`, 'hex')
}
