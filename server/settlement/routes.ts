import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { answer, page } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import {
  Currency,
  Day,
  Id,
  IdParams,
  Instant,
  MinorBalance,
  nullable,
  object,
  oneOf,
  PageQuery,
  pageOf,
} from '../shapes.ts'
import * as settlement from './service.ts'

const Payout = object({
  id: Id,
  merchantId: nullable(Id),
  funderId: nullable(Id),
  currency: Currency,
  amount: MinorBalance,
  direction: oneOf(['pay', 'collect']),
  status: oneOf(['pending', 'paid']),
  timing: Type.String(),
  throughOn: Day,
  file: nullable(Type.String()),
  createdAt: Instant,
  paidAt: nullable(Instant),
})

const csvAnswer = {
  200: {
    description: 'CSV: a header H, a line D per payment, a trailer T with count and sum',
    content: { 'text/csv': { schema: { type: 'string' } } },
  },
}

const tags = ['payouts']

export function registerSettlement(app: App): void {
  app.post(
    '/v1/payouts',
    {
      schema: {
        tags,
        summary: 'Pay a merchant what it is owed, or settle with a funder',
        body: object({
          merchantId: Type.Optional(Id),
          funderId: Type.Optional(Id),
          timing: Type.Optional(oneOf(['T+1', 'T+0', 'at-once'])),
        }),
        response: { 201: Payout },
      },
    },
    async (request, reply) => answer(reply, await settlement.payOut(contextOf(request), request.body)),
  )
  app.get(
    '/v1/payouts',
    {
      schema: {
        tags,
        summary: 'List payouts, newest first',
        querystring: object({ payeeId: Type.Optional(Id), ...PageQuery }),
        response: { 200: pageOf(Payout) },
      },
    },
    async (request) => {
      const { payeeId, after = 'pay_~', limit = 100 } = request.query
      return page(await settlement.list(contextOf(request), payeeId ?? null, after, limit), limit)
    },
  )
  app.get(
    '/v1/payouts/:id',
    { schema: { tags, summary: 'Read a payout', params: IdParams, response: { 200: Payout } } },
    (request) => settlement.view(contextOf(request), request.params.id),
  )
  app.get(
    '/v1/payouts/batch',
    {
      schema: {
        tags,
        summary: 'All payments made on a business day, as one batch file for the bank',
        querystring: object({ on: Type.Optional(Day) }),
        response: csvAnswer,
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request)
      return csv(reply, await settlement.batchOf(ctx, request.query.on ?? ctx.today()))
    },
  )
  app.get(
    '/v1/payouts/:id/file',
    { schema: { tags, summary: 'The batch file of one payment', params: IdParams, response: csvAnswer } },
    async (request, reply) => csv(reply, (await settlement.find(contextOf(request), request.params.id)).file ?? ''),
  )
}

/** Text goes out as it is, past the JSON serializer. */
function csv(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .type('text/csv; charset=utf-8')
    .serializer((same: string) => same)
    .send(text)
}
