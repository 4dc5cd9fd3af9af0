import { Type } from 'typebox'
import { answer } from '../answers.ts'
import { contextOf } from '../platform/context.ts'
import type { App } from '../platform/http.ts'
import { Id, IdParams, Instant, listOf, nullable, object, oneOf } from '../shapes.ts'
import * as programs from './service.ts'
import { ProgramTermsJson } from './types.ts'

const NewProgram = object({ name: Type.String({ minLength: 1, maxLength: 200 }), terms: ProgramTermsJson })

const Review = object({
  on: Type.String(),
  rulePack: Type.String(),
  capPercent: nullable(Type.String()),
  interestFreeDaysMax: Type.Integer(),
  costs: listOf(object({ plan: Type.String(), irrPercent: Type.String(), simplePercent: Type.String() })),
  breaches: listOf(
    object({ rule: Type.String(), plan: nullable(Type.String()), detail: Type.String(), source: Type.String() }),
  ),
})

const Program = object({
  id: Id,
  name: Type.String(),
  status: oneOf(['draft', 'active', 'retired']),
  activeVersion: nullable(Type.Integer()),
  latestVersion: Type.Integer(),
  terms: ProgramTermsJson,
  review: Review,
  createdAt: Instant,
})

const tags = ['programs']

export function registerPrograms(app: App): void {
  app.post(
    '/v1/programs',
    { schema: { tags, summary: 'Draft a credit product', body: NewProgram, response: { 201: Program } } },
    async (request, reply) => answer(reply, await programs.create(contextOf(request), request.body)),
  )
  app.get(
    '/v1/programs',
    { schema: { tags, summary: 'List programs', response: { 200: object({ data: Type.Array(Program) }) } } },
    async (request) => ({ data: await programs.list(contextOf(request)) }),
  )
  app.get(
    '/v1/programs/:id',
    { schema: { tags, summary: 'Read a program with its latest terms', params: IdParams, response: { 200: Program } } },
    (request) => programs.find(contextOf(request), request.params.id),
  )
  app.post(
    '/v1/programs/:id/terms',
    {
      schema: {
        tags,
        summary: 'Add a version of the terms; open lines keep theirs',
        params: IdParams,
        body: object({ terms: ProgramTermsJson }),
        response: { 201: Program },
      },
    },
    async (request, reply) =>
      answer(reply, await programs.revise(contextOf(request), request.params.id, request.body.terms)),
  )
  app.post(
    '/v1/programs/:id/activate',
    {
      schema: {
        tags,
        summary: 'Review the latest terms against the rules in force and put them to use',
        params: IdParams,
        body: Type.Optional(nullable(object({}))),
        response: { 200: Program },
      },
    },
    async (request, reply) => answer(reply, await programs.activate(contextOf(request), request.params.id)),
  )
}
