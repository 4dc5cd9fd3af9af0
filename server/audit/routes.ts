import { Type } from 'typebox'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import { listOf, object } from '../shapes.ts'
import { audit } from './audit.ts'

export function registerAudit(app: App): void {
  app.get(
    '/v1/audit',
    {
      schema: {
        tags: ['journal'],
        summary: 'Prove the books of this tenant: every proof with its count and what it found wrong',
        response: {
          200: object({
            ok: Type.Boolean(),
            proofs: listOf(object({ name: Type.String(), checked: Type.Integer(), failures: listOf(Type.String()) })),
          }),
        },
      },
    },
    (request) => {
      const { db, tenantId } = contextOf(request)
      return audit(db, tenantId)
    },
  )
}
