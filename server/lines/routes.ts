import { Type } from 'typebox'
import { answer } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import {
  Currency,
  Day,
  Id,
  IdParams,
  Ids,
  Instant,
  listOf,
  MinorAmount,
  MinorAmountOrZero,
  MinorBalance,
  nullable,
  object,
  oneOf,
  Reason,
} from '../shapes.ts'
import * as lines from './service.ts'
import { viewOfLine } from './types.ts'

const Autopay = object(
  {
    token: Type.String({ minLength: 1, maxLength: 100, description: 'Names the account at the collecting bank.' }),
    amount: oneOf(['total', 'minimum']),
  },
  { description: 'Collected on each due day. In a sandbox, tokens that begin with tok_insufficient fail.' },
)

const Profile = object({
  monthlyIncome: Type.Optional(MinorAmountOrZero),
  monthlySpend: Type.Optional(MinorAmountOrZero),
  ordersLastYear: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  age: Type.Optional(Type.Integer({ minimum: 0, maximum: 150 })),
})

const Application = object({
  customerId: Id,
  programId: Id,
  profile: Type.Optional(Profile),
  autopay: Type.Optional(nullable(Autopay)),
})

export const LineSchema = object({
  id: Id,
  customerId: Id,
  programId: Id,
  termsVersion: Type.Integer(),
  currency: Currency,
  status: oneOf(['declined', 'active', 'frozen', 'closed']),
  limit: MinorBalance,
  held: MinorBalance,
  owed: MinorBalance,
  available: MinorBalance,
  credit: MinorBalance,
  nextStatementOn: nullable(Day),
  autopay: nullable(Autopay),
  decision: object({
    outcome: oneOf(['approve', 'decline']),
    limit: Type.Number(),
    reasons: listOf(Reason),
    policy: Type.String(),
    decidedAt: Instant,
  }),
  openedOn: Day,
})

const Why = nullable(object({ reason: Type.Optional(Type.String({ maxLength: 500 })) }))
const tags = ['lines']

export function registerLines(app: App): void {
  app.post(
    '/v1/lines',
    {
      schema: {
        tags,
        summary: 'Apply for a line; the decision is in the answer',
        body: Application,
        response: { 201: LineSchema },
      },
    },
    async (request, reply) => answer(reply, await lines.apply(contextOf(request), request.body)),
  )
  app.get(
    '/v1/lines/:id',
    { schema: { tags, summary: 'Read a line', params: IdParams, response: { 200: LineSchema } } },
    async (request) => viewOfLine(await lines.findDecided(contextOf(request), request.params.id)),
  )
  app.get(
    '/v1/lines',
    {
      schema: {
        tags,
        summary: 'List the lines of a customer, or those with the ids given; ids that there are not are left out',
        querystring: object({ customerId: Type.Optional(Id), ids: Type.Optional(Ids) }),
        response: { 200: object({ data: Type.Array(LineSchema) }) },
      },
    },
    async (request) => ({ data: await lines.list(contextOf(request), request.query) }),
  )
  app.post(
    '/v1/lines/:id/limit',
    {
      schema: {
        tags,
        summary: 'Raise or cut the limit',
        params: IdParams,
        body: object({ limit: MinorAmount, reason: Type.Optional(Type.String({ maxLength: 500 })) }),
        response: { 200: LineSchema },
      },
    },
    async (request, reply) => {
      const { limit, reason } = request.body
      return answer(reply, await lines.setLimit(contextOf(request), request.params.id, limit, reason ?? null))
    },
  )
  app.post(
    '/v1/lines/:id/autopay',
    {
      schema: {
        tags,
        summary: 'Turn autopay on, or off with null',
        params: IdParams,
        body: object({ autopay: nullable(Autopay) }),
        response: { 200: LineSchema },
      },
    },
    async (request, reply) =>
      answer(reply, await lines.setAutopay(contextOf(request), request.params.id, request.body.autopay)),
  )
  const states = [
    { verb: 'freeze', change: lines.freeze, summary: 'Freeze: no purchases, repayments go on' },
    { verb: 'unfreeze', change: lines.unfreeze, summary: 'Let a frozen line buy again' },
    { verb: 'close', change: lines.close, summary: 'Close a line on which nothing is owed' },
  ]
  for (const { verb, change, summary } of states) {
    app.post(
      `/v1/lines/:id/${verb}`,
      { schema: { tags, summary, params: IdParams, body: Type.Optional(Why), response: { 200: LineSchema } } },
      async (request, reply) =>
        answer(reply, await change(contextOf(request), request.params.id, request.body?.reason ?? null)),
    )
  }
}
