import type { FastifyReply } from 'fastify'
import type { Reply } from './journal/types.ts'

/** Sends a kept or fresh answer; a repeated one says so in a header. */
export function answer<Body>(reply: FastifyReply, { status, body, replayed }: Reply<Body>): Body {
  reply.code(status)
  if (replayed) reply.header('idempotent-replayed', 'true')
  return body
}

/** A page of entries with an id, and where to go on. */
export function page<Entry extends { readonly id: string }>(
  data: Entry[],
  limit: number,
): { data: Entry[]; next: string | null } {
  return { data, next: data.length === limit ? data.at(-1)!.id : null }
}
