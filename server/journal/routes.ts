import { type Static, Type } from 'typebox'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import type { PrintedJson } from '../platform/json.ts'
import { Currency, Day, Instant, listOf, MinorBalance, nullable, object, oneOf } from '../shapes.ts'
import { events } from './feed.ts'
import * as ledger from './service.ts'

const Leg = object({ account: Type.String(), amount: MinorBalance })

export const EventSchema = object({
  id: Type.String(),
  cursor: Type.String({ description: 'Send as `after` to go on behind this event.' }),
  type: Type.String(),
  lineId: nullable(Type.String()),
  chargeId: nullable(Type.String()),
  loanId: nullable(Type.String()),
  merchantId: nullable(Type.String()),
  data: Type.Unsafe<object>({
    type: 'object',
    description: 'Ids and figures of the event; its form depends on the type.',
  }),
  currency: nullable(Currency),
  legs: Type.Unsafe<readonly Static<typeof Leg>[] | PrintedJson>(Type.Array(Leg)),
  effectiveOn: Day,
  bookedAt: Instant,
  actor: Type.String(),
})

const Account = object({
  account: Type.String(),
  currency: Currency,
  side: oneOf(['debit', 'credit']),
  debits: MinorBalance,
  credits: MinorBalance,
  balance: MinorBalance,
})

const tags = ['journal']

export function registerJournal(app: App): void {
  app.get(
    '/v1/events',
    {
      schema: {
        tags,
        summary: 'Everything that happened, in order; nothing missed, nothing twice',
        description:
          'Read page after page with `after` set to `next`. An empty page means that you are up to date: ask again later with the same cursor.',
        querystring: object({
          after: Type.Optional(
            Type.String({ maxLength: 2000, description: '`next` of the page before; absent: from the start.' }),
          ),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
          types: Type.Optional(Type.String({ maxLength: 500, description: 'Only these types, separated by commas.' })),
        }),
        response: { 200: object({ data: listOf(EventSchema), next: Type.String(), more: Type.Boolean() }) },
      },
    },
    (request) => events(contextOf(request), request.query),
  )
  app.get(
    '/v1/accounts',
    {
      schema: {
        tags,
        summary: 'Balances of the accounts under a prefix',
        querystring: object({ prefix: Type.Optional(Type.String({ maxLength: 200 })), asOf: Type.Optional(Day) }),
        response: { 200: object({ data: listOf(Account) }) },
      },
    },
    async (request) => ({
      data: await ledger.accountsUnder(contextOf(request), request.query.prefix ?? '', request.query.asOf ?? null),
    }),
  )
  app.get(
    '/v1/trial-balance',
    {
      schema: {
        tags,
        summary: 'All accounts on a day, with the proof that debits equal credits',
        querystring: object({ asOf: Type.Optional(Day) }),
        response: {
          200: object({
            asOf: Day,
            accounts: listOf(Account),
            totals: listOf(
              object({ currency: Currency, debits: MinorBalance, credits: MinorBalance, balanced: Type.Boolean() }),
            ),
          }),
        },
      },
    },
    (request) => ledger.trialBalance(contextOf(request), request.query.asOf ?? null),
  )
}
