import { Type } from 'typebox'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import { Currency, Day, Id, IdParams, listOf, MinorBalance, object, oneOf } from '../shapes.ts'
import * as statements from './service.ts'

const Statement = object({
  id: Id,
  lineId: Id,
  number: Type.Integer(),
  openedOn: Day,
  closedOn: Day,
  dueOn: Day,
  currency: Currency,
  total: MinorBalance,
  minimum: MinorBalance,
  credit: MinorBalance,
  outstanding: MinorBalance,
  status: oneOf(['open', 'paid', 'past-due']),
  items: listOf(
    object({
      id: Type.String({ description: 'Send it to GET /v1/explain/{id}.' }),
      loanId: Id,
      instalment: Type.Integer(),
      kind: oneOf(['instalment', 'arrears']),
      dueOn: Day,
      principal: MinorBalance,
      interest: MinorBalance,
      fee: MinorBalance,
      penalty: MinorBalance,
      total: MinorBalance,
      outstanding: MinorBalance,
    }),
  ),
})

const tags = ['statements']

export function registerStatements(app: App): void {
  app.get(
    '/v1/statements',
    {
      schema: {
        tags,
        summary: 'List the monthly bills of a line, newest first',
        querystring: object({ lineId: Id, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 120 })) }),
        response: { 200: object({ data: Type.Array(Statement) }) },
      },
    },
    async (request) => ({
      data: await statements.listOf(contextOf(request), request.query.lineId, request.query.limit ?? 24),
    }),
  )
  app.get(
    '/v1/statements/:id',
    { schema: { tags, summary: 'Read a bill', params: IdParams, response: { 200: Statement } } },
    (request) => statements.view(contextOf(request), request.params.id),
  )
}
