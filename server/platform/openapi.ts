import swagger from '@fastify/swagger'
import scalar from '@scalar/fastify-api-reference'
import type { OpenAPIV3_1 } from 'openapi-types'
import type { App } from './app.ts'
import { stringifyJson } from './json.ts'

const introduction = `
Buy now, pay later, in instalments or on a monthly bill: programs, lines, charges, loans, statements, repayments and
settlement over one journal.

- Amounts are integers in minor units of their \`currency\`; dates are \`YYYY-MM-DD\`; instants are RFC 3339 in UTC.
- Send \`Authorization: Bearer sk_…\`. Every POST that books something takes an \`Idempotency-Key\`: a retry with the same
  key gets the first answer with \`Idempotent-Replayed: true\`, the same key with another request is refused
  (for another customer only where both are in one shard, so never use one for two customers). Not kept are
  the answers of quotes, API keys and their revoking, sandboxes and \`POST /v1/clock\`: a secret is shown once, the rest can be
  repeated.
- Every refusal is a problem document (RFC 9457) with a stable \`code\` and a \`remedy\`; see \`/problems/{code}\`.
`

const problemSchema: OpenAPIV3_1.SchemaObject = {
  type: 'object',
  description: 'A refusal (RFC 9457).',
  required: ['type', 'title', 'status', 'code', 'detail', 'remedy', 'requestId'],
  properties: {
    type: { type: 'string', description: 'Where the code is explained' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable; programs decide by it' },
    detail: { type: 'string', description: 'What was wrong this time' },
    remedy: { type: 'string', description: 'What to do next' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { in: { type: 'string' }, path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
}

const idempotencyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      minLength: 1,
      maxLength: 200,
      description: 'Your name for this intent; the same on a retry.',
    },
  },
}

/** The API's own description, made from the schemas that validate requests: /openapi.json, and /docs for people. */
export async function registerOpenApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Chit',
        description: introduction,
        version: '0.1.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          secretKey: { type: 'http', scheme: 'bearer', description: 'A secret API key, sk_sandbox_… or sk_live_…' },
        },
        schemas: { Problem: problemSchema },
      },
      security: [{ secretKey: [] }],
    },
    transform: ({ schema, url, route }) => ({ url, schema: documented({ ...schema }, route) }),
    transformObject: (document) =>
      'openapiObject' in document ? withProblems(document.openapiObject) : document.swaggerObject,
  })
  let printed: string | null = null
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    printed ??= stringifyJson(app.swagger())
    return reply
      .type('application/json')
      .serializer((text: string) => text)
      .send(printed)
  })
  await app.register(scalar, {
    routePrefix: '/docs',
    logLevel: 'silent',
    // Everything comes from this server: a reference page must open without the internet.
    configuration: {
      url: '/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // Its buttons that send the document to a service of its maker have no place on a server of one's own.
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
      pageTitle: 'Chit API',
    },
  })
}

type Schema = Record<string, unknown>

function documented(schema: Schema, route: { method: string | string[]; config?: unknown }): Schema {
  const config = (route.config ?? {}) as { public?: boolean }
  const described: Schema = { ...schema }
  if (config.public) described.security = []
  const takesKey = [route.method].flat().includes('POST') && !config.public
  if (takesKey) described.headers = idempotencyHeader
  return described
}

interface DescribedOperation {
  responses?: Schema
  requestBody?: { required?: boolean; content: Record<string, { schema: { anyOf?: { type?: string }[] } }> }
}

/** A body that may be null may be left out; the plugin calls every body required. */
function needsBody({ content }: NonNullable<DescribedOperation['requestBody']>): boolean {
  return !Object.values(content).some(({ schema }) => schema.anyOf?.some(({ type }) => type === 'null'))
}

/** Every operation may answer with a problem; said once here instead of in each route. */
function withProblems<Document extends { paths?: object }>(document: Document): Document {
  const refusal = {
    description: 'Refused',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  for (const path of Object.values(document.paths ?? {}) as Record<string, DescribedOperation>[]) {
    for (const operation of Object.values(path)) {
      operation.responses = { ...operation.responses, default: refusal }
      if (operation.requestBody !== undefined) operation.requestBody.required = needsBody(operation.requestBody)
    }
  }
  return document
}
