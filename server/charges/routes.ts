import { type Static, Type } from 'typebox'
import { answer, page } from '../answers.ts'
import * as lines from '../lines/service.ts'
import type { LookAhead } from '../platform/arrival.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import type { PrintedJson } from '../platform/json.ts'
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
import * as holds from './capture.ts'
import * as find from './find.ts'
import { lookAhead, quote } from './quote.ts'
import { refund } from './refund.ts'
import * as charges from './service.ts'
import type { AfterCapture } from './types.ts'

const PlanCode = Type.String({ minLength: 1, maxLength: 32, description: 'A plan of the program, e.g. `12x`.' })

const NewCharge = object({
  lineId: Id,
  merchantId: Id,
  amount: MinorAmount,
  currency: Currency,
  plan: PlanCode,
  capture: Type.Optional(Type.Boolean({ description: 'Authorize and capture in one step. Default: true.' })),
  reference: Type.Optional(Reference),
})

const Charge = object({
  id: Id,
  lineId: Id,
  merchantId: Id,
  currency: Currency,
  plan: Type.String(),
  status: oneOf(['authorized', 'captured', 'voided', 'expired']),
  amount: MinorBalance,
  captured: MinorBalance,
  released: MinorBalance,
  refunded: MinorBalance,
  held: MinorBalance,
  merchantFee: MinorBalance,
  reference: nullable(Type.String()),
  loanIds: listOf(Id),
  createdAt: Instant,
  expiresAt: nullable(Instant),
})

const Refund = object({
  id: Id,
  chargeId: Id,
  amount: MinorBalance,
  debtReduced: MinorBalance,
  credited: MinorBalance,
  paidBack: MinorBalance,
  reference: nullable(Type.String()),
  createdAt: Instant,
  charge: Charge,
})

const NewQuote = object({ programId: Type.Optional(Id), lineId: Type.Optional(Id), amount: MinorAmount })

const Instalment = object({
  n: Type.Integer(),
  dueOn: Day,
  principal: MinorBalance,
  interest: MinorBalance,
  total: MinorBalance,
  balanceAfter: MinorBalance,
})

const PlanQuote = object({
  plan: Type.String(),
  method: Type.String(),
  instalments: Type.Integer(),
  paidBy: oneOf(['customer', 'merchant']),
  total: MinorBalance,
  cost: MinorBalance,
  irrPercent: Type.String({ description: 'All-in cost a year, by internal rate; to be shown first.' }),
  simplePercent: Type.String(),
  schedule: listOf(Instalment),
})

const Quote = object({
  programId: Id,
  lineId: nullable(Id),
  currency: Currency,
  amount: MinorBalance,
  on: Day,
  statementOn: Day,
  withinLimit: nullable(Type.Boolean()),
  plans: Type.Unsafe<PrintedJson>(listOf(PlanQuote)),
})

const tags = ['charges']

const lookAheadForCharge: LookAhead = (ahead, { params }) =>
  find.lookAhead(ahead, (params as Static<typeof IdParams>).id)

export function registerCharges(app: App, afterCapture: AfterCapture): void {
  app.post(
    '/v1/quotes',
    {
      schema: {
        tags,
        summary: 'What a purchase would cost under each plan; books nothing',
        body: NewQuote,
        response: { 200: Quote },
      },
      config: { lookAhead: (ahead, { body }) => lookAhead(ahead, body as Static<typeof NewQuote>) },
    },
    (request) => quote(contextOf(request), request.body),
  )
  app.post(
    '/v1/charges',
    {
      schema: {
        tags,
        summary: 'Buy on credit, or hold an amount for later capture',
        body: NewCharge,
        response: { 201: Charge },
      },
      config: { lookAhead: (ahead, { body }) => charges.lookAhead(ahead, body as Static<typeof NewCharge>) },
    },
    async (request, reply) => {
      const capture = request.body.capture ?? true
      return answer(reply, await charges.authorize(contextOf(request), { ...request.body, capture }, afterCapture))
    },
  )
  app.get(
    '/v1/charges',
    {
      schema: {
        tags,
        summary: 'List the charges of a line',
        querystring: object({ lineId: Id, ...PageQuery }),
        response: { 200: pageOf(Charge) },
      },
    },
    async (request) => {
      const ctx = contextOf(request)
      const { lineId, after = '', limit = 100 } = request.query
      return page(await charges.listOf(ctx, await lines.find(ctx, lineId), after, limit), limit)
    },
  )
  app.get(
    '/v1/charges/:id',
    { schema: { tags, summary: 'Read a charge', params: IdParams, response: { 200: Charge } } },
    (request) => charges.view(contextOf(request), request.params.id),
  )
  app.post(
    '/v1/charges/:id/capture',
    {
      schema: {
        tags,
        summary: 'Turn a hold, or a part of it, into a loan; the merchant is owed it',
        params: IdParams,
        body: Type.Optional(
          nullable(object({ amount: Type.Optional(MinorAmount), final: Type.Optional(Type.Boolean()) })),
        ),
        response: { 200: Charge },
      },
      config: { lookAhead: lookAheadForCharge },
    },
    async (request, reply) =>
      answer(reply, await holds.capture(contextOf(request), request.params.id, request.body ?? {}, afterCapture)),
  )
  app.post(
    '/v1/charges/:id/void',
    {
      schema: {
        tags,
        summary: 'Give what is still held back to the limit',
        params: IdParams,
        body: Type.Optional(nullable(object({}))),
        response: { 200: Charge },
      },
      config: { lookAhead: lookAheadForCharge },
    },
    async (request, reply) => answer(reply, await holds.voidCharge(contextOf(request), request.params.id)),
  )
  app.post(
    '/v1/charges/:id/refunds',
    {
      schema: {
        tags,
        summary: 'Refund all or a part, at any time after capture',
        params: IdParams,
        body: object({ amount: MinorAmount, reference: Type.Optional(Reference) }),
        response: { 201: Refund },
      },
      config: { lookAhead: lookAheadForCharge },
    },
    async (request, reply) => answer(reply, await refund(contextOf(request), request.params.id, request.body)),
  )
}
