import { type Static, Type } from 'typebox'
import { answer, page } from '../answers.ts'
import { LineSchema } from '../lines/routes.ts'
import * as lines from '../lines/service.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import {
  Currency,
  Day,
  Id,
  IdParams,
  Instant,
  listOf,
  MinorAmount,
  MinorBalance,
  nullable,
  object,
  oneOf,
  PageQuery,
  pageOf,
  Reference,
} from '../shapes.ts'
import * as repayments from './service.ts'

const NewRepayment = object({
  lineId: Type.Optional(Id),
  loanId: Type.Optional(Id),
  amount: MinorAmount,
  currency: Type.Optional(Currency),
  source: Type.Optional(oneOf(['customer', 'partner', 'autopay'])),
  effectiveOn: Type.Optional({ ...Day, description: 'When the money was there, if before today.' }),
  reference: Type.Optional(Reference),
})

const Repayment = object({
  id: Id,
  lineId: Id,
  loanId: nullable(Id),
  currency: Currency,
  amount: MinorBalance,
  source: oneOf(['customer', 'partner', 'autopay', 'credit']),
  effectiveOn: Day,
  status: oneOf(['booked', 'reversed']),
  allocations: listOf(
    object({
      loanId: Id,
      eventId: Type.String(),
      amount: MinorBalance,
      principal: MinorBalance,
      interest: MinorBalance,
      fee: MinorBalance,
      penalty: MinorBalance,
    }),
  ),
  credited: MinorBalance,
  reference: nullable(Type.String()),
  createdAt: Instant,
})

const tags = ['repayments']

export function registerRepayments(app: App): void {
  app.post(
    '/v1/repayments',
    {
      schema: { tags, summary: 'Book money for a line or one loan', body: NewRepayment, response: { 201: Repayment } },
      config: { lookAhead: (ahead, { body }) => repayments.lookAhead(ahead, body as Static<typeof NewRepayment>) },
    },
    async (request, reply) => answer(reply, await repayments.receive(contextOf(request), request.body)),
  )
  app.get(
    '/v1/repayments',
    {
      schema: {
        tags,
        summary: 'List the repayments of a line',
        querystring: object({ lineId: Id, ...PageQuery }),
        response: { 200: pageOf(Repayment) },
      },
    },
    async (request) => {
      const ctx = contextOf(request)
      const { lineId, after = '', limit = 100 } = request.query
      return page(await repayments.listOf(ctx, await lines.find(ctx, lineId), after, limit), limit)
    },
  )
  app.get(
    '/v1/repayments/:id',
    { schema: { tags, summary: 'Read a repayment', params: IdParams, response: { 200: Repayment } } },
    (request) => repayments.view(contextOf(request), request.params.id),
  )
  app.post(
    '/v1/repayments/:id/reverse',
    {
      schema: {
        tags,
        summary: 'Undo a repayment that bounced',
        params: IdParams,
        body: Type.Optional(nullable(object({ reason: Type.Optional(Type.String({ maxLength: 500 })) }))),
        response: { 200: Repayment },
      },
    },
    async (request, reply) =>
      answer(reply, await repayments.reverse(contextOf(request), request.params.id, request.body?.reason ?? null)),
  )
  app.post(
    '/v1/lines/:id/pay-back',
    {
      schema: {
        tags,
        summary: 'Give kept credit back to the customer, all of it or an amount',
        params: IdParams,
        body: Type.Optional(nullable(object({ amount: Type.Optional(MinorAmount) }))),
        response: { 200: LineSchema },
      },
    },
    async (request, reply) =>
      answer(reply, await repayments.payBack(contextOf(request), request.params.id, request.body?.amount ?? null)),
  )
  app.post(
    '/v1/loans/:id/prepay',
    {
      schema: {
        tags,
        summary: 'Pay part of a loan ahead: a shorter term or lower instalments',
        params: IdParams,
        body: object({ amount: MinorAmount, effect: Type.Optional(oneOf(['shorten', 'lower'])) }),
        response: { 201: Repayment },
      },
    },
    async (request, reply) =>
      answer(reply, await repayments.prepay(contextOf(request), request.params.id, request.body)),
  )
  app.post(
    '/v1/loans/:id/settle',
    {
      schema: {
        tags,
        summary: 'Pay the whole rest of a loan as of today',
        params: IdParams,
        body: Type.Optional(nullable(object({}))),
        response: { 201: Repayment },
      },
    },
    async (request, reply) => answer(reply, await repayments.settle(contextOf(request), request.params.id)),
  )
}
