import { ProtocolError } from '@modelcontextprotocol/server'
import type { RpcReply } from '../client/rpc.ts'
import { refusalEntry } from '../domain/refusal.ts'
import type { Log } from '../log.ts'
import type { Authority } from './authority.ts'

/** What a request of the agent's side came to. */
type Relayed = Record<string, unknown>

/** Passes requests of MCP on. Of what goes through it nothing stays (LEASH-37). */
export interface Relay {
  request(method: string, params: Readonly<Record<string, unknown>>): Promise<Relayed>
}

/** Words of the authority after which this connector has nothing more to do (LEASH-40). */
const ENDING: ReadonlySet<string> = new Set([
  'unauthenticated',
  'certificate_expired',
  'attestation_failed',
  'revoked',
  'suspended',
  'forbidden',
])

/** Whether a refusal of the connection itself ends the connector. */
export function endsConnector(code: string): boolean {
  return ENDING.has(code)
}

/**
 * A relay to the authority. Where that can not be reached there is no other way: the request fails
 * as `status_unknown` (LEASH-38). A refusal of the connection itself is told to `ended`. Each
 * request is one line of the log with the authority's name for it, and nothing of what it says.
 */
export function createRelay(
  authority: Pick<Authority, 'request'>,
  log: Log,
  ended: (code: string) => void,
): Relay {
  return {
    async request(method, params) {
      const tool = method === 'tools/call' ? String(params['name']).slice(0, 64) : undefined
      const started = performance.now()
      const told = (outcome: string, requestId?: string) =>
        log.info('connector.request', {
          ...{ method, tool, outcome, request_id: requestId },
          ms: Math.round(performance.now() - started),
        })
      let reply: RpcReply
      try {
        reply = await authority.request(method, params)
      } catch {
        told('status_unknown')
        return away(method)
      }
      const { error, result } = reply.message
      if (isError(error)) {
        const code = wordIn(error.data) ?? String(error.code)
        told(code, reply.requestId)
        if (reply.status >= 400 && endsConnector(code)) ended(code)
        if (reply.status >= 400 && tool !== undefined) return toolError(error.data, code)
        throw new ProtocolError(error.code, error.message, error.data)
      }
      const { resultType: _, ...members } = (result ?? {}) as Relayed
      told(wordIn(members['structuredContent']) ?? 'answered', reply.requestId)
      return members
    },
  }
}

interface RpcErrorObject {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

function isError(error: unknown): error is RpcErrorObject {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error
}

/** Our word in the members of a refusal. */
function wordIn(members: unknown): string | undefined {
  const code = (members as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** A model reads the results of tools, not errors of the protocol. */
function toolError(members: unknown, code: string): Relayed {
  const structuredContent = (members ?? { code }) as Relayed
  const text = JSON.stringify(structuredContent)
  return { isError: true, content: [{ type: 'text', text }], structuredContent }
}

/** There is no cache to answer from, and no other authority to ask. */
function away(method: string): Relayed {
  const members = {
    code: 'status_unknown',
    message: refusalEntry('status_unknown').sentence,
    next: 'wait',
    request_id: 'none',
    reasons: [
      { pointer: '', code: 'unreachable', detail: 'The authority can not be reached from here.' },
    ],
  }
  if (method === 'tools/call') return toolError(members, members.code)
  throw new ProtocolError(-32000, members.message, members)
}
