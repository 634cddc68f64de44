import { z } from 'zod'
import type { RequestId } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { Result } from '../domain/result.ts'
import { withDeadline } from '../listener/deadline.ts'
import type { Asked } from '../listener/face.ts'
import { parseWith } from '../listener/parse.ts'
import { MCP_REFUSALS, toldRefusal } from './refusals.ts'

/** Hints for the host of a model (MCP, ToolAnnotations). They bind nobody; the authority judges. */
export interface Hints {
  readonly readOnlyHint: boolean
  readonly destructiveHint: boolean
  readonly idempotentHint: boolean
  readonly openWorldHint: boolean
}

/** What `tools/call` answers. */
export interface ToolAnswer {
  readonly content: { type: 'text'; text: string }[]
  readonly structuredContent: Record<string, unknown>
  readonly isError?: boolean
}

/** What of one HTTP request a tool is told beside who asks. */
export interface ToolRequest extends Asked {
  readonly request: RequestId
  /** The agent's address, as its connection shows it. */
  readonly address: string | undefined
}

/** One tool: its schemas for whoever lists them, and what it does. */
export interface LeashTool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly annotations: Hints
  readonly inputSchema: Record<string, unknown>
  readonly outputSchema: Record<string, unknown>
  call(asked: ToolRequest, given: unknown): Promise<ToolAnswer>
}

const refusalOut = z.strictObject({
  code: z.enum(Object.keys(MCP_REFUSALS)),
  message: z.string(),
  next: z.enum(['mend', 'ask_owner', 'wait', 'stop']),
  request_id: z.string(),
  reasons: z.array(z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string() })),
  retry_after_seconds: z.int().optional(),
})

/**
 * Declares a tool: strict schema, use-case and view in one place. What the schema refuses is told
 * as `malformed` with pointers, and every refusal as a tool error with our word in
 * `structuredContent.code`, so that a model reads it.
 */
export function leashTool<I extends z.ZodType, O extends z.ZodType>(shape: {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly annotations: Hints
  readonly input: I
  readonly output: O
  /** False where the use-case has a time of its own. */
  readonly deadline?: boolean
  readonly run: (asked: ToolRequest, input: z.output<I>) => Promise<Result<z.input<O>>>
}): LeashTool {
  const { name, title, description, annotations } = shape
  return {
    ...{ name, title, description, annotations },
    inputSchema: schemaOf(shape.input, 'input'),
    outputSchema: {
      type: 'object',
      anyOf: [schemaOf(shape.output, 'output'), schemaOf(refusalOut, 'output')],
    },
    async call(asked, given) {
      const input = parseWith(shape.input, given, 'malformed')
      if (!input.ok) return refusedAnswer(input.refusal, asked.request)
      const { serving } = asked
      const work = () => shape.run(asked, input.value)
      const done =
        shape.deadline === false
          ? await work()
          : await withDeadline(serving.deadlineMs, work, (error) =>
              serving.log.fault('mcp.late_fault', error, { request_id: asked.request }),
            )
      if (!done.ok) return refusedAnswer(done.refusal, asked.request)
      return answerOf(done.value as Record<string, unknown>)
    },
  }
}

/** A refusal as a tool tells it: as a result, which models see, not as an error of the protocol. */
export function refusedAnswer(refusal: Refusal, request: RequestId): ToolAnswer {
  return { ...answerOf({ ...toldRefusal(refusal, request) }), isError: true }
}

function answerOf(structured: Record<string, unknown>): ToolAnswer {
  return {
    content: [{ type: 'text', text: JSON.stringify(structured) }],
    structuredContent: structured,
  }
}

/** JSON Schema in the dialect that MCP takes when none is named. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
