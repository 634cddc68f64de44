import type { OpenAPIHono } from '@hono/zod-openapi'

type Document = ReturnType<OpenAPIHono['getOpenAPI31Document']>
type Schemas = NonNullable<NonNullable<Document['components']>['schemas']>

/** A schema as the OpenAPI document spells it, for values that a reader of the domain judges. */
export type Described = Exclude<Schemas[string], { $ref: string }>
