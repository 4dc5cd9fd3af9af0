import { Ajv, type ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import { type Problem, problem } from './errors.ts'

/** One thing wrong with a request: where (a JSON pointer) and what, in words. */
export interface FieldError {
  in: string
  path: string
  message: string
}

/** Enough to mend a form in one go; more would let a hostile body make a large answer. */
const errorsShown = 20

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({
    coerceTypes,
    // Fastify's own setting removes unknown fields in silence; here they are refused.
    removeAdditional: false,
    useDefaults: true,
    allErrors: true,
    discriminator: true,
    strictTypes: false,
  })
  addFormats.default(ajv)
  ajv.addKeyword({
    keyword: 'minor',
    schemaType: 'boolean',
    modifying: true,
    errors: false,
    // After minimum and maximum, so that those see the number.
    post: true,
    validate: (
      _on: boolean,
      value: unknown,
      _schema?: unknown,
      at?: { parentData: Record<string, unknown>; parentDataProperty: string | number },
    ) => {
      if (at !== undefined && typeof value === 'number' && Number.isSafeInteger(value))
        at.parentData[at.parentDataProperty] = BigInt(value)
      return true
    },
  })
  for (const annotation of ['example']) ajv.addKeyword({ keyword: annotation })
  return ajv
}

/** Bodies are taken as they are; paths, query strings and headers are text, so numbers in them are read from text. */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const ofBodies = createAjv(false)
  const ofText = createAjv(true)
  return ({ schema, httpPart }) => (httpPart === 'body' ? ofBodies : ofText).compile(schema)
}

/** `part` is body, querystring, params or headers. */
export function invalidRequest(errors: readonly ErrorObject[], part: string): Problem {
  const fields = errors
    .filter(isTelling)
    .slice(0, errorsShown)
    .map((error) => fieldError(error, part))
  const first = fields[0]
  const detail =
    first === undefined
      ? 'The request is not valid.'
      : `${first.path === '' ? `The ${first.in}` : first.path} ${first.message}.`
  return problem('invalid-request', { detail, extra: { errors: fields } })
}

/** A branch of a union that failed also reports the union itself, which tells a reader nothing more. */
function isTelling(error: ErrorObject, _index: number, all: readonly ErrorObject[]): boolean {
  return all.length === 1 || !['if', 'not'].includes(error.keyword)
}

function fieldError(error: ErrorObject, part: string): FieldError {
  const params: Record<string, unknown> = error.params
  const inside = params.missingProperty ?? params.additionalProperty
  const path = inside === undefined ? error.instancePath : `${error.instancePath}/${escapePointer(String(inside))}`
  return { in: part === 'querystring' ? 'query' : part, path, message: messageOf(error, params) }
}

function escapePointer(name: string): string {
  return name.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')
}

function messageOf(error: ErrorObject, params: Record<string, unknown>): string {
  switch (error.keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not a known field'
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`
    case 'const':
      return `must be ${JSON.stringify(params.allowedValue)}`
    case 'type':
      return `must be ${named(String(params.type))}`
    case 'format':
      return `must be a ${params.format}`
    case 'pattern':
      return `must match ${params.pattern}`
    default:
      return error.message ?? 'is not valid'
  }
}

function named(type: string): string {
  return /^[aeio]/.test(type) ? `an ${type}` : `a ${type}`
}
