import { Type } from 'typebox'
import { EventSchema } from '../journal/routes.ts'
import { type Context, contextOf } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import type { App } from '../platform/http.ts'
import { Currency, listOf, MinorBalance, nullable, object } from '../shapes.ts'
import { explainBalance, explainPayout } from './accounts.ts'
import { explainInstalment, explainRepayment, explainStatement, explainStatementItem } from './loan.ts'
import type { Explanation } from './types.ts'

const Part = object({
  title: Type.String(),
  amount: MinorBalance,
  formula: Type.String(),
  id: nullable(Type.String()),
  parts: Type.Unsafe<readonly object[]>({ type: 'array', items: { type: 'object' } }),
})

const ExplanationSchema = object({
  id: nullable(Type.String()),
  title: Type.String(),
  amount: MinorBalance,
  currency: Currency,
  formula: Type.String(),
  terms: Type.Unsafe<Readonly<Record<string, string>>>({ type: 'object', additionalProperties: { type: 'string' } }),
  parts: listOf(Part),
  events: listOf(EventSchema),
})

export function registerExplain(app: App): void {
  app.get(
    '/v1/explain/:id',
    {
      schema: {
        tags: ['explain'],
        summary: 'What makes an amount: events, terms and formula, in words and numbers',
        description:
          'Of an instalment (`loa_….3`), a statement (`stm_…`) or a line of it (`stm_….2`), a repayment (`rep_…`), a payout (`pay_…`), or the balance of an account by its path (`asset:cash:bank`).',
        params: object({ id: Type.String({ minLength: 3, maxLength: 300 }) }),
        querystring: object({
          currency: Type.Optional({ ...Currency, description: 'Of an account that has several.' }),
        }),
        response: { 200: ExplanationSchema },
      },
    },
    (request) => explain(contextOf(request), request.params.id, request.query.currency ?? null),
  )
}

function explain(ctx: Context, id: string, currency: string | null): Promise<Explanation> {
  const [, subject = '', position] = /^([a-z]+_[0-9a-z]+)(?:\.(\d{1,4}))?$/.exec(id) ?? []
  const n = Number(position)
  if (subject.startsWith('loa_') && position !== undefined) return explainInstalment(ctx, subject, n)
  if (subject.startsWith('stm_')) {
    return position === undefined ? explainStatement(ctx, subject) : explainStatementItem(ctx, subject, n)
  }
  if (subject.startsWith('rep_')) return explainRepayment(ctx, subject)
  if (subject.startsWith('pay_')) return explainPayout(ctx, subject)
  if (/^(asset|liability|income|expense):/.test(id)) return explainBalance(ctx, id, currency)
  throw problem('not-found', {
    detail: `"${id.slice(0, 80)}" is none of: an instalment (loa_….3), a statement (stm_…), a line of it (stm_….2), a repayment (rep_…), a payout (pay_…), an account (asset:…).`,
  })
}
