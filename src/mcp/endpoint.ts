import { createMcpHandler } from '@modelcontextprotocol/server'
import { isArray } from '../domain/json.ts'
import { RPC_BATCH_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Json } from '../domain/scope/types.ts'
import { readBody } from '../listener/body.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked, ExtraHeaders, FaceRow } from '../listener/face.ts'
import { AGENT } from '../listener/guards.ts'
import { hostOf, isOurHost } from '../listener/host.ts'
import { refused } from '../listener/problem.ts'
import { actorOf } from '../usecases/caller.ts'
import type { SessionExtension } from './extension.ts'
import { rpcErrorOf } from './refusals.ts'
import { createSession } from './session.ts'
import type { ToolRequest } from './tool.ts'

/**
 * `POST /mcp`: Streamable HTTP of MCP for agents, by the certificate of their connection (I8). Each
 * request is served by a server of its own: there are no sessions to steal and none to revoke, and
 * every message is judged anew. There is nothing to listen to, so GET and DELETE are
 * `method_not_allowed`, as MCP says of such a server. Clients of 2026-07-28 and of the 2025
 * revisions are served alike.
 */
export function mcpRow(extensions: readonly SessionExtension[] = []): FaceRow {
  return {
    method: 'POST',
    path: '/mcp',
    listeners: ['agents'],
    who: AGENT,
    // Tools have the deadline of the listener one by one, but for the one that calls an upstream.
    deadline: false,
    refused: refusedOverRpc,
    answer: async (c, asked) => {
      const ours = requireOurs(c, asked)
      if (!ours.ok) return ours
      const body = await readBody(c, asked.serving.bodyBytesMax)
      if (!body.ok) return body
      const counted = await countBatch(asked, body.value.value)
      if (!counted.ok) return counted
      return accept(
        await answerWith(c, { ...asked, ...requestOf(c) }, { extensions, body: body.value.value }),
      )
    },
  }
}

/**
 * A client of 2025-03-26 may send a batch: each of its messages counts as the request it would be
 * alone, the first one has been counted. Nothing of a batch runs that has not room for all of it.
 * Refusals: `too_large`, `rate_limited`.
 */
async function countBatch({ serving, caller }: Asked, body: Json): Promise<Result<void>> {
  if (!isArray(body)) return accept(undefined)
  if (body.length > RPC_BATCH_MAX) return refuse('too_large', { batch: body.length })
  for (let further = 1; further < body.length; further += 1) {
    const within = await serving.callers(actorOf(caller))
    if (!within.ok) return within
  }
  return accept(undefined)
}

function requestOf(c: HttpContext): Pick<ToolRequest, 'request' | 'address'> {
  return { request: c.get('requestId'), address: c.env?.incoming?.socket.remoteAddress }
}

async function answerWith(
  c: HttpContext,
  asked: ToolRequest,
  {
    extensions,
    body,
  }: { readonly extensions: readonly SessionExtension[]; readonly body: unknown },
): Promise<Response> {
  const handler = createMcpHandler(() => createSession(asked, extensions), {
    // Nothing is told but answers: a stream would be kept open for nothing, and outlive its right.
    maxSubscriptions: 0,
    onerror: (error) =>
      asked.serving.log.debug('mcp.rejected', {
        request_id: asked.request,
        error: error.name,
      }),
  })
  return handler.fetch(c.req.raw, { parsedBody: body })
}

/**
 * A page of a browser that holds a certificate is not an agent (MCP, Streamable HTTP, security):
 * the Host has to be one of ours, and an Origin, where there is one, too.
 * Refusals: `misdirected`, `forbidden`.
 */
function requireOurs(c: HttpContext, { serving }: Asked): Result<void> {
  const isOurs = isOurHost(serving.hosts)
  if (!isOurs(hostOf(c))) return refuse('misdirected')
  const origin = c.req.header('origin')
  if (origin === undefined) return accept(undefined)
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  const own = url?.protocol === new URL(c.req.url).protocol && isOurs(url.host)
  return own ? accept(undefined) : refuse('forbidden', { origin: false }, [FOREIGN_ORIGIN])
}

const FOREIGN_ORIGIN = {
  pointer: '',
  code: 'origin',
  detail: 'Pages of another origin may not speak for an agent.',
}

/** A no before there is a server: the status and headers of every face, and a body of JSON-RPC. */
function refusedOverRpc(
  c: HttpContext,
  refusal: Parameters<FaceRow['refused']>[1],
  extra: ExtraHeaders = {},
): Response {
  const { status, headers } = refused(c, refusal, extra)
  const error = rpcErrorOf(refusal, c.get('requestId'))
  headers.set('Content-Type', 'application/json')
  return new Response(JSON.stringify({ jsonrpc: '2.0', id: null, error }), { status, headers })
}
