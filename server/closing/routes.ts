import { Type } from 'typebox'
import { answer } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import { Day, Instant, nullable, object, oneOf } from '../shapes.ts'
import * as clock from './clock.ts'

const view = {
  mode: oneOf(['frozen', 'running']),
  now: Instant,
  today: Day,
  timeZone: Type.String(),
  lastClosedOn: nullable(Day),
}
const Clock = object(view)
const Advance = object({
  ...view,
  days: Type.Integer(),
  lines: Type.Integer(),
  expired: Type.Integer(),
  statements: Type.Integer(),
  autopaid: Type.Integer(),
  lateCharges: Type.Integer(),
  payouts: Type.Integer(),
})
const tags = ['clock']

export function registerClock(app: App): void {
  app.get('/v1/clock', { schema: { tags, summary: 'What time it is', response: { 200: Clock } } }, (request) =>
    clock.view(contextOf(request)),
  )
  app.post(
    '/v1/clock',
    {
      schema: {
        tags,
        summary: 'Let a sandbox’s clock run, or stand still',
        body: object({ mode: oneOf(['frozen', 'running']) }),
        response: { 200: Clock },
      },
    },
    (request) => clock.setMode(contextOf(request), request.body.mode),
  )
  app.post(
    '/v1/clock/advance',
    {
      schema: {
        tags,
        summary: 'Move a sandbox’s clock forward; every day that passes is closed, in order',
        body: object({
          to: Type.String({ minLength: 10, maxLength: 40, description: 'A date, or an RFC 3339 instant.' }),
        }),
        response: { 200: Advance },
      },
    },
    async (request, reply) => answer(reply, await clock.advance(contextOf(request), request.body.to)),
  )
}
