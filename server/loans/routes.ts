import { Type } from 'typebox'
import { answer, page } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import {
  Currency,
  Day,
  Id,
  IdParams,
  Ids,
  listOf,
  MinorAmount,
  MinorBalance,
  nullable,
  object,
  oneOf,
  PageQuery,
  Percent,
  pageOf,
} from '../shapes.ts'
import * as loans from './service.ts'
import { loanStatuses } from './types.ts'

const Instalment = object({
  n: Type.Integer(),
  dueOn: Day,
  principal: MinorBalance,
  interest: MinorBalance,
  fee: MinorBalance,
  penalty: MinorBalance,
  total: MinorBalance,
  paid: MinorBalance,
  outstanding: MinorBalance,
  balanceAfter: MinorBalance,
  status: oneOf(['upcoming', 'due', 'past-due', 'paid']),
})

const Status = oneOf(loanStatuses)

const Loan = object({
  id: Id,
  lineId: Id,
  chargeId: nullable(Id),
  merchantId: nullable(Id),
  programId: Id,
  plan: Type.String(),
  currency: Currency,
  status: Status,
  principal: MinorBalance,
  principalOutstanding: MinorBalance,
  openedOn: Day,
  daysPastDue: Type.Integer(),
  bucket: oneOf(['current', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7+', 'disputed']),
  nextDueOn: nullable(Day),
  payoff: MinorBalance,
  instalments: listOf(Instalment),
  funders: listOf(object({ funderId: Id, basisPoints: Type.Integer(), principalOutstanding: MinorBalance })),
})

const Payoff = object({
  loanId: Id,
  on: Day,
  currency: Currency,
  principal: MinorBalance,
  interest: MinorBalance,
  fee: MinorBalance,
  penalty: MinorBalance,
  total: MinorBalance,
})

const Reason = Type.Optional(Type.String({ maxLength: 500 }))
const tags = ['loans']

export function registerLoans(app: App): void {
  app.get(
    '/v1/loans/:id',
    { schema: { tags, summary: 'Read a loan with its schedule', params: IdParams, response: { 200: Loan } } },
    (request) => loans.view(contextOf(request), request.params.id),
  )
  app.get(
    '/v1/loans',
    {
      schema: {
        tags,
        summary: 'List the loans of a line, or of several; lines that there are not are left out',
        querystring: object({
          lineId: Type.Optional(Id),
          lineIds: Type.Optional(Ids),
          status: Type.Optional(Status),
          ...PageQuery,
        }),
        response: { 200: pageOf(Loan) },
      },
    },
    async (request) => {
      const { after = '', limit = 100, ...filter } = request.query
      return page(await loans.list(contextOf(request), filter, after, limit), limit)
    },
  )
  app.get(
    '/v1/loans/:id/payoff',
    {
      schema: {
        tags,
        summary: 'What settles the loan, today or on a later day',
        params: IdParams,
        querystring: object({ on: Type.Optional(Day) }),
        response: { 200: Payoff },
      },
    },
    (request) => loans.quotePayoff(contextOf(request), request.params.id, request.query.on ?? null),
  )
  app.post(
    '/v1/loans/:id/reschedule',
    {
      schema: {
        tags,
        summary: 'Hardship: new due dates for what is not yet paid',
        params: IdParams,
        body: object({
          instalments: Type.Integer({ minimum: 1, maximum: 120 }),
          firstDueOn: Day,
          annualRatePercent: Type.Optional(Percent),
          reason: Reason,
        }),
        response: { 200: Loan },
      },
    },
    async (request, reply) =>
      answer(reply, await loans.reschedule(contextOf(request), request.params.id, request.body)),
  )
  app.post(
    '/v1/loans/:id/waive',
    {
      schema: {
        tags,
        summary: 'Give up interest, a fee or a late charge that is owed',
        params: IdParams,
        body: object({ component: oneOf(['interest', 'fee', 'penalty']), amount: MinorAmount }),
        response: { 200: Loan },
      },
    },
    async (request, reply) => {
      const { component, amount } = request.body
      return answer(reply, await loans.waive(contextOf(request), request.params.id, component, amount))
    },
  )
  app.post(
    '/v1/loans/:id/write-off',
    {
      schema: {
        tags,
        summary: 'Take a loan that will not be repaid off the books',
        params: IdParams,
        body: Type.Optional(nullable(object({ reason: Reason }))),
        response: { 200: Loan },
      },
    },
    async (request, reply) =>
      answer(reply, await loans.writeOff(contextOf(request), request.params.id, request.body?.reason ?? null)),
  )
}
