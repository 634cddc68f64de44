import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { type As, askFace } from '../asks.ts'
import { wordOf } from './rest.ts'

/** The word of JSON-RPC: of an error, or that there is a result. */
export function rpcWord(json: {
  readonly result?: unknown
  readonly error?: { readonly data?: { readonly code?: string } }
}): string {
  return json.error === undefined ? 'allowed' : String(json.error.data?.code)
}

async function call(as: As, method: string, params: object): Promise<string> {
  const body = { jsonrpc: '2.0', id: 1, method, params }
  return rpcWord((await as.ask('POST', '/crp', { body })).json)
}

/** A scope as CRP writes it: methods and paths behind a service. */
function scopesOf({ grants }: ScopeRequest): readonly string[] {
  return grants.flatMap((grant) =>
    grant.type === 'http' ? (grant.paths ?? []).map((path) => `GET ${path}`) : [],
  )
}

/** A scope about the service alone: CRP knows no place beside it. */
const AT_SERVICE = ['GET /a/**']

export const CRP = askFace({
  name: 'CRP',
  open(_stage, as, scope) {
    const scopes = scope.grants.length > 1 ? AT_SERVICE : scopesOf(scope)
    return call(as, 'crp/use', { service: 'up', scopes, ttl: 300 })
  },
  take: (_stage, as, leaseId) => call(as, 'x-crp/token', { leaseId }),
  delegate: (_stage, as, leaseId, to) =>
    call(as, 'crp/delegate', { leaseId, delegate: to.uri, scopes: AT_SERVICE }),
  redeem: (_stage, as, token) =>
    call(as, 'crp/use', { service: 'up', scopes: AT_SERVICE, delegation: { token } }),
  async raw(_stage, as, { method, body, type = 'application/json' }) {
    const sent = body === undefined ? {} : { raw: body, headers: { 'content-type': type } }
    const { status, json } = await as.ask(method, '/crp', sent)
    return json.error === undefined ? wordOf({ status, json }) : rpcWord(json)
  },
  twice: '{"jsonrpc":"2.0","id":1,"method":"crp/use","params":{"service":"up","service":"up"}}',
  without: {
    'for a token of another audience':
      'not expressible: the audience of a token is that of the service of its lease',
  },
})
