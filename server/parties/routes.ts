import { Type } from 'typebox'
import { answer, page } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import { Id, IdParams, Instant, nullable, object, oneOf, PageQuery, Percent, pageOf, Reference } from '../shapes.ts'
import * as access from './access.ts'
import * as customers from './customers.ts'
import * as funders from './funders.ts'
import * as merchants from './merchants.ts'

const Name = Type.String({ minLength: 1, maxLength: 200 })
const kinds = ['consumer', 'business'] as const

const NewCustomer = object({
  kind: Type.Optional(oneOf(kinds)),
  name: Name,
  idNumber: Type.Optional(Type.String({ minLength: 4, maxLength: 40, description: 'Number of an identity document.' })),
  phone: Type.Optional(Type.String({ pattern: '^\\+?[0-9 -]{5,20}$' })),
  reference: Type.Optional(Reference),
})

const Customer = object({
  id: Id,
  kind: oneOf(kinds),
  reference: nullable(Type.String()),
  personal: nullable(
    object({ name: Type.String(), idNumber: Type.Optional(Type.String()), phone: Type.Optional(Type.String()) }),
  ),
  createdAt: Instant,
  erasedAt: nullable(Instant),
})

const timings = ['T+1', 'T+0', 'at-once', 'manual'] as const

const NewMerchant = object({
  name: Name,
  reference: Type.Optional(Reference),
  payoutTiming: Type.Optional(oneOf(timings, 'T+1: paid the day after the capture; manual: by POST /v1/payouts only.')),
  feePercent: Type.Optional(Percent),
})

const Merchant = object({
  id: Id,
  name: Type.String(),
  reference: nullable(Type.String()),
  status: oneOf(['active', 'suspended']),
  payoutTiming: oneOf(timings),
  feePercent: nullable(Type.String()),
  createdAt: Instant,
})

const Funder = object({ id: Id, name: Type.String(), createdAt: Instant })

const roles = ['admin', 'operator', 'reader'] as const
const ApiKey = object({
  id: Id,
  label: Type.String(),
  role: oneOf(roles),
  createdAt: Instant,
  revokedAt: nullable(Instant),
})
const Staff = object({ id: Id, name: Type.String(), role: oneOf(roles), createdAt: Instant })

export function registerParties(app: App): void {
  registerCustomers(app)
  registerMerchants(app)
  registerFunders(app)
  registerAccess(app)
}

function registerCustomers(app: App): void {
  const tags = ['customers']
  app.post(
    '/v1/customers',
    { schema: { tags, summary: 'Enter a customer', body: NewCustomer, response: { 201: Customer } } },
    async (request, reply) => {
      const draft = { ...request.body, kind: request.body.kind ?? ('consumer' as const) }
      return answer(reply, await customers.create(contextOf(request), draft))
    },
  )
  app.get(
    '/v1/customers',
    {
      schema: {
        tags,
        summary: 'Find customers by phone or by your own reference',
        querystring: object({ phone: Type.Optional(Type.String()), reference: Type.Optional(Reference) }),
        response: { 200: object({ data: Type.Array(Customer) }) },
      },
    },
    async (request) => ({ data: await customers.search(contextOf(request), request.query) }),
  )
  app.get(
    '/v1/customers/:id',
    { schema: { tags, summary: 'Read a customer', params: IdParams, response: { 200: Customer } } },
    (request) => customers.find(contextOf(request), request.params.id),
  )
  app.post(
    '/v1/customers/:id/erase',
    {
      schema: {
        tags,
        summary: 'Destroy the key of a customer’s personal data; the books stay',
        params: IdParams,
        body: Type.Optional(nullable(object({}))),
        response: { 200: Customer },
      },
    },
    async (request, reply) => answer(reply, await customers.erase(contextOf(request), request.params.id)),
  )
}

function registerMerchants(app: App): void {
  const tags = ['merchants']
  app.post(
    '/v1/merchants',
    { schema: { tags, summary: 'Enter a merchant', body: NewMerchant, response: { 201: Merchant } } },
    async (request, reply) => answer(reply, await merchants.create(contextOf(request), request.body)),
  )
  app.get(
    '/v1/merchants',
    {
      schema: { tags, summary: 'List merchants', querystring: object(PageQuery), response: { 200: pageOf(Merchant) } },
    },
    async (request) => {
      const { after = '', limit = 100 } = request.query
      return page(await merchants.list(contextOf(request), after, limit), limit)
    },
  )
  app.get(
    '/v1/merchants/:id',
    { schema: { tags, summary: 'Read a merchant', params: IdParams, response: { 200: Merchant } } },
    (request) => merchants.find(contextOf(request), request.params.id),
  )
}

function registerFunders(app: App): void {
  const tags = ['funders']
  app.post(
    '/v1/funders',
    { schema: { tags, summary: 'Enter a funder', body: object({ name: Name }), response: { 201: Funder } } },
    async (request, reply) => answer(reply, await funders.create(contextOf(request), request.body)),
  )
  app.get(
    '/v1/funders',
    { schema: { tags, summary: 'List funders', response: { 200: object({ data: Type.Array(Funder) }) } } },
    async (request) => ({ data: await funders.list(contextOf(request)) }),
  )
  app.get(
    '/v1/funders/:id',
    { schema: { tags, summary: 'Read a funder', params: IdParams, response: { 200: Funder } } },
    (request) => funders.find(contextOf(request), request.params.id),
  )
}

function registerAccess(app: App): void {
  const tags = ['access']
  const NewKey = object({ label: Name, role: Type.Optional(oneOf(roles)) })
  app.post(
    '/v1/api-keys',
    {
      schema: {
        tags,
        summary: 'Make a secret key; it is shown this once',
        body: NewKey,
        response: { 201: object({ ...ApiKey.properties, secret: Type.String() }) },
      },
    },
    async (request, reply) => {
      reply.code(201)
      return access.createKey(contextOf(request), request.body.label, request.body.role ?? 'operator')
    },
  )
  app.get(
    '/v1/api-keys',
    {
      schema: {
        tags,
        summary: 'List keys, without their secrets',
        response: { 200: object({ data: Type.Array(ApiKey) }) },
      },
    },
    async (request) => ({ data: await access.listKeys(contextOf(request)) }),
  )
  app.post(
    '/v1/api-keys/:id/revoke',
    {
      schema: {
        tags,
        summary: 'Revoke a key, with effect on the next request',
        params: IdParams,
        body: Type.Optional(nullable(object({}))),
        response: { 200: ApiKey },
      },
    },
    (request) => access.revokeKey(contextOf(request), request.params.id),
  )
  app.post(
    '/v1/staff',
    {
      schema: {
        tags,
        summary: 'Enter a member of staff',
        body: object({ name: Name, role: oneOf(roles) }),
        response: { 201: Staff },
      },
    },
    async (request, reply) => answer(reply, await access.createStaff(contextOf(request), request.body)),
  )
  app.get(
    '/v1/staff',
    { schema: { tags, summary: 'List staff', response: { 200: object({ data: Type.Array(Staff) }) } } },
    async (request) => ({ data: await access.listStaff(contextOf(request)) }),
  )
  app.post(
    '/v1/sandboxes',
    {
      schema: {
        tags,
        summary: 'Make a fresh sandbox tenant with a clock and a key of its own',
        body: object({
          name: Name,
          timeZone: Type.Optional(Type.String({ description: 'IANA name, e.g. Asia/Shanghai.' })),
          now: Type.Optional(Type.String({ description: 'Where its clock starts: a date or an RFC 3339 instant.' })),
        }),
        response: {
          201: object({
            tenantId: Id,
            name: Type.String(),
            timeZone: Type.String(),
            now: Instant,
            secretKey: Type.String(),
          }),
        },
      },
    },
    async (request, reply) => {
      reply.code(201)
      return access.createSandbox(contextOf(request), request.body)
    },
  )
}
