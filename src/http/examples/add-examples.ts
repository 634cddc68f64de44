import { problemOf } from '../../admission/problem.ts'
import { REFUSALS, type RefusalCode, refuse } from '../../domain/refusal.ts'
import type { Document } from '../document.ts'
import { makeExample, type Schema, type Schemas } from './make-example.ts'
import { STORY } from './story.ts'
import { REQUEST, TEXTS } from './words.ts'

interface Media {
  readonly schema?: Schema
  example?: unknown
}

interface Operation {
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, Media>> }>
  >
}

/**
 * Writes an example into every body that is asked for and every answer that is none of a refusal:
 * where the story goes through, from there. And the problem of every refusal among the examples
 * that operations refer to.
 */
export function addExamples(document: Document): void {
  const schemas = (document.components?.schemas ?? {}) as Schemas
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item as Readonly<Record<string, Operation>>)) {
      const { asks, answers } = STORY[`${method.toUpperCase()} ${path}`] ?? {}
      fill(operation.requestBody?.content, (schema) => asks ?? makeExample(schemas, schema, true))
      for (const [status, { content }] of Object.entries(operation.responses)) {
        if (Number(status) >= 400 && path !== '/readyz') continue
        fill(content, (schema, type) => {
          const told = answers?.[Number(status)] ?? textOf(path, schema, type)
          return told ?? makeExample(schemas, schema, false)
        })
      }
    }
  }
  const examples = [...REFUSALS].map(([code, { sentence }]) => [
    code,
    { summary: sentence, value: problemExample(code) },
  ])
  Object.assign(document.components ?? {}, { examples: Object.fromEntries(examples) })
}

/** How an operation refers to the example of a refusal. */
export function exampleOf(code: RefusalCode) {
  return { [code]: { $ref: `#/components/examples/${code}` } }
}

function fill(
  content: Operation['responses'][string]['content'],
  make: (schema: Schema, type: string) => unknown,
): void {
  for (const [type, media] of Object.entries(content ?? {})) {
    if (type === 'application/problem+json' || media.example !== undefined) continue
    media.example = make(media.schema ?? {}, type)
  }
}

/** What is not JSON is told as it stands on the wire. */
function textOf(path: string, { $ref = '' }: Schema, type: string): string | undefined {
  if (type === 'application/json') return undefined
  return TEXTS[$ref.replace('#/components/schemas/', '')] ?? TEXTS[path]
}

function problemExample(code: RefusalCode): unknown {
  return problemOf(refuse(code).refusal, REQUEST)
}
