import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Arrival, LookAhead } from './arrival.ts'
import type { Caller } from './auth.ts'
import type { Ahead, Platform } from './context.ts'

declare module 'fastify' {
  interface FastifyInstance {
    platform: Platform
  }
  interface FastifyRequest {
    /** Null on public routes. */
    caller: Caller | null
    /** Null once the caller is known. */
    arrival: Arrival | null
    /** What was asked for before the caller was known. */
    ahead: Ahead | null
  }
  interface FastifyContextConfig {
    /** No API key is asked for. */
    public?: boolean
    /** What to ask for while a request's key is looked up. */
    lookAhead?: LookAhead
  }
}

/** What a route answers may be read-only all through; the schema's own type would ask for arrays that can be changed. */
type Unchanging<Value> = Value extends bigint | string | number | boolean | null | undefined
  ? Value
  : { readonly [Key in keyof Value]: Unchanging<Value[Key]> }

export interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: this['schema'] extends TSchema ? Unchanging<Static<this['schema']>> : unknown
}

/** A Fastify instance whose routes take their types from TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>

export type RegisterRoutes = (app: App, platform: Platform) => void | Promise<void>
