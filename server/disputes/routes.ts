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
  MinorAmount,
  MinorBalance,
  nullable,
  object,
  oneOf,
  PageQuery,
  pageOf,
  Reference,
} from '../shapes.ts'
import * as disputes from './service.ts'
import { disputeReasons, disputeStatuses } from './types.ts'

const NewDispute = object({
  amount: Type.Optional({
    ...MinorAmount,
    description: 'Minor units. Absent: all that was captured and has not been refunded.',
  }),
  reason: oneOf(disputeReasons),
  reference: Type.Optional(Reference),
})

const Resolution = object({
  outcome: oneOf(['upheld', 'rejected', 'withdrawn']),
  amount: Type.Optional({ ...MinorAmount, description: 'Minor units of it that are upheld. Absent: all.' }),
  note: Type.Optional(Type.String({ maxLength: 500, description: 'Why. Erased with the customer.' })),
})

const Dispute = object({
  id: Id,
  chargeId: Id,
  lineId: Id,
  merchantId: Id,
  currency: Currency,
  amount: MinorBalance,
  reason: oneOf(disputeReasons),
  reference: nullable(Type.String()),
  status: oneOf(disputeStatuses),
  withheld: MinorBalance,
  refund: nullable(
    object({ id: Id, amount: MinorBalance, debtReduced: MinorBalance, credited: MinorBalance, paidBack: MinorBalance }),
  ),
  note: nullable(Type.String()),
  openedOn: Day,
  createdAt: Instant,
  resolvedOn: nullable(Day),
  resolvedAt: nullable(Instant),
})

const tags = ['disputes']

export function registerDisputes(app: App): void {
  app.post(
    '/v1/charges/:id/disputes',
    {
      schema: {
        tags,
        summary: 'Dispute a charge: its loans are not asked for, its merchant waits for the money',
        params: IdParams,
        body: NewDispute,
        response: { 201: Dispute },
      },
    },
    async (request, reply) => answer(reply, await disputes.open(contextOf(request), request.params.id, request.body)),
  )
  app.post(
    '/v1/disputes/:id/resolve',
    {
      schema: {
        tags,
        summary: 'Uphold a dispute, which refunds it, or end it without',
        params: IdParams,
        body: Resolution,
        response: { 200: Dispute },
      },
    },
    async (request, reply) =>
      answer(reply, await disputes.resolve(contextOf(request), request.params.id, request.body)),
  )
  app.get(
    '/v1/disputes',
    {
      schema: {
        tags,
        summary: 'List the disputes of a line, or all that are to be decided',
        querystring: object({ lineId: Type.Optional(Id), ...PageQuery }),
        response: { 200: pageOf(Dispute) },
      },
    },
    async (request) => {
      const { lineId = null, after = '', limit = 100 } = request.query
      return page(await disputes.list(contextOf(request), lineId, after, limit), limit)
    },
  )
  app.get(
    '/v1/disputes/:id',
    { schema: { tags, summary: 'Read a dispute', params: IdParams, response: { 200: Dispute } } },
    (request) => disputes.view(contextOf(request), request.params.id),
  )
}
