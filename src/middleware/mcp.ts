/** `writ/middleware/mcp`: tool calls of an MCP server, judged by their JSON-RPC body. */
import type { Problem } from '../admission/problem.ts'
import { readJson } from '../domain/json.ts'
import { JSON_NESTING_MAX } from '../domain/limits.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Json, RequestToJudge } from '../domain/scope/types.ts'
import { isObject } from '../token/shape.ts'
import { type Arrival, readJudged } from './arrival.ts'
import type { Mode, Told } from './guard.ts'
import { headersAgree } from './mcp-headers.ts'

export type { Mode } from './guard.ts'

/** How an MCP server is guarded. */
export interface McpSettings {
  /** The server as scopes name it: its audience URI, `https://mcp.example/mcp`. */
  readonly server: string
  /**
   * Methods that any peer with a certificate may ask without a token, since they tell and do
   * nothing of worth. By default those that open a session and list what there is.
   */
  readonly open?: readonly string[]
}

/** What tells of a server and its tools, and does nothing. */
const OPEN_METHODS: readonly string[] = [
  'initialize',
  'notifications/initialized',
  'notifications/cancelled',
  'server/discover',
  'ping',
  'tools/list',
]

/** `HEADER_MISMATCH` of MCP 2026-07-28. */
const HEADER_MISMATCH = -32020

interface Message {
  readonly id: string | number | undefined
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/**
 * The mode of an MCP server over Streamable HTTP, for `protect(mcpTools({ server }))`: judged is
 * `{ type: 'tool', server, tool, arguments }` from the body of `tools/call`; headers never say
 * what is called. One message a request: batches, other methods of HTTP and methods of MCP that are
 * neither `tools/call` nor open are refused. A session id is no proof of anybody, so streams that
 * could be taken up by it (`GET`) are not offered.
 *
 * Refusals: `method_not_allowed`, `media_type`, `malformed`, `scope_not_granted`, and
 * `request_mismatch` where `Mcp-Method` or `Mcp-Name` name something else than the body.
 */
export function mcpTools(settings: McpSettings): Mode {
  const { server, open = OPEN_METHODS } = settings
  if (!URL.canParse(server))
    throw new Error('server: the URI of this MCP server, as scopes name it.')
  if (open.includes('tools/call')) throw new Error('open: tools/call is what is guarded here.')
  return {
    async read(arrival) {
      const message = await readMessage(arrival)
      if (!message.ok) return message
      const { method, params } = message.value
      if (!headersAgree(arrival, method, params)) return refuse('request_mismatch', { mcp: true })
      if (open.includes(method)) return accept('open')
      if (method !== 'tools/call') return refuse('scope_not_granted', { mcp: 'method' })
      return toolCall(server, message.value)
    },
    tell: tellMismatch,
  }
}

async function readMessage(arrival: Arrival): Promise<Result<Message>> {
  if (arrival.method !== 'POST') return refuse('method_not_allowed', { method: arrival.method })
  const body = await readJudged(arrival)
  if (!body.ok) return body
  if (body.value.media_type !== 'application/json') return refuse('media_type')
  const read = readJson(body.value.text, JSON_NESTING_MAX)
  if (!read.ok) return malformed(read.pointer, read.detail)
  const { value } = read
  if (Array.isArray(value)) return malformed('', 'One message a request, no batch.')
  if (!isObject(value)) return malformed('', 'A JSON-RPC request is an object.')
  const { jsonrpc, id, method, params = {} } = value
  if (jsonrpc !== '2.0') return malformed('/jsonrpc', 'Exactly "2.0".')
  if (typeof method !== 'string') return malformed('/method', 'A request names its method.')
  if (!isObject(params)) return malformed('/params', 'An object.')
  const known = id === undefined || typeof id === 'string' || typeof id === 'number'
  return known ? accept({ id, method, params }) : malformed('/id', 'A text or a number.')
}

function toolCall(server: string, { id, params }: Message): Result<RequestToJudge> {
  if (id === undefined) return malformed('/id', 'A call of a tool has an id.')
  const { name, arguments: given = {} } = params
  if (typeof name !== 'string' || name === '') return malformed('/params/name', 'A tool.')
  if (!isObject(given)) return malformed('/params/arguments', 'An object.')
  const named = given as Readonly<Record<string, Json>>
  return accept({ type: 'tool', server, tool: name, arguments: named })
}

/** MCP 2026-07-28 wants 400 and a JSON-RPC error of its own for headers that say otherwise. */
function tellMismatch(refusal: Refusal, problem: Problem): Told | undefined {
  if (refusal.code !== 'request_mismatch' || refusal.facts['mcp'] !== true) return undefined
  const message = 'The headers name another method or tool than the body.'
  const error = { code: HEADER_MISMATCH, message, data: { ...problem, status: 400 } }
  return {
    status: 400,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'Writ-Refusal': problem.code,
      'X-Request-Id': problem.request_id,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: null, error }),
  }
}

function malformed(pointer: string, detail: string): Result<never> {
  return refuse('malformed', { mcp: 'body' }, [{ pointer, code: 'malformed', detail }])
}
