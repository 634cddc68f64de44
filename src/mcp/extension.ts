import type { ToolRequest } from './tool.ts'

/** What an extension answers one request with. */
export type ExtensionAnswer =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false
      readonly error: { readonly code: number; readonly message: string; readonly data: unknown }
    }

/**
 * Another protocol inside a session of MCP: requests of its own, and a place under
 * `capabilities.experimental` where it says what it can do. compose hands them in; this face knows
 * nothing of what they mean.
 */
export interface SessionExtension {
  /** Its member under `capabilities.experimental`. */
  readonly name: string
  /** What it says of itself there, as things stand. */
  capability(asked: ToolRequest): Readonly<Record<string, unknown>>
  /** Whole names of its requests, such as `crp/list`. */
  readonly methods: readonly string[]
  /** Answers one request; `params` come without `_meta`. */
  answer(asked: ToolRequest, method: string, params: unknown): Promise<ExtensionAnswer>
}
