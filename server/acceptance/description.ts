/** The API's own description, read far enough to know what each operation takes. */
import { type Call, read } from './world.ts'

/** JSON Schema as the description carries it. */
export interface Schema {
  readonly type?: string
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

export interface Operation {
  /** `POST /v1/charges/{id}/capture` */
  readonly name: string
  readonly parameters: readonly Parameter[]
  readonly body: Schema | null
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

interface Described {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
}

export async function describedOperations(call: Call): Promise<Operation[]> {
  const document = await read<Document>(call, '/openapi.json')
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => {
      const body = requestBody?.content['application/json']?.schema
      return {
        name: `${method.toUpperCase()} ${path}`,
        parameters,
        body: body === undefined ? null : resolved(document, body),
      }
    }),
  )
}

/** References followed and `… | null` taken for what it is besides null. */
function resolved(document: Document, schema: Schema): Schema {
  if (schema.$ref !== undefined) return resolved(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!)
  const branch = schema.anyOf?.find((candidate) => candidate.type !== 'null')
  if (branch !== undefined) return resolved(document, branch)
  const { properties, items } = schema
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, own]) => [name, resolved(document, own)]),
          ),
        }),
    ...(items === undefined ? {} : { items: resolved(document, items) }),
  }
}
