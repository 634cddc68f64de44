/** `writ/middleware/fetch`: admission in handlers `(Request) => Response`, on any runtime. */
import type { Admitted } from '../admission/ports.ts'
import { createRemoteAdmission } from '../admission/remote.ts'
import type { AgentUri, CertificateThumbprint, RequestId } from '../domain/ids.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import { epochSeconds } from '../domain/time.ts'
import { encodeBase64url } from '../token/base64url.ts'
import { parseToken } from '../token/check.ts'
import { verifyToken } from '../token/verify-web.ts'
import type { Arrival } from './arrival.ts'
import { type Guard, judge, type Mode } from './guard.ts'
import { requireSound, type WritSettings } from './settings.ts'
import { readCopy } from './web-body.ts'
import { createWebKeys } from './web-keys.ts'
import { createWebLink, type FetchLike } from './web-link.ts'

export type { Admitted, PeerIdentity } from '../admission/ports.ts'
export type { Decision, Mode } from './guard.ts'
export type { FetchLike } from './web-link.ts'

/** What a runtime knows of a peer: at least the digest of the certificate it has proven. */
export interface FetchPeer {
  /** base64url(SHA-256(DER)) of the client certificate (RFC 8705 §3.1). */
  readonly certificate: string
  /** Its URI name; where the runtime does not tell it, the certificate alone has to be the one. */
  readonly uri?: string
  readonly address?: string
}

/** What a service in a fetch handler says once to guard its routes. */
export interface FetchSettings<Context extends readonly unknown[]>
  extends Omit<WritSettings, 'identity'> {
  /**
   * A fetch that shows this service's certificate of role `enforcement` and trusts the authority's
   * root: an mTLS binding of a worker, or the runtime's own with key and certificate.
   */
  readonly fetch: FetchLike
  /**
   * The client certificate that the runtime has proven for this very request, or undefined; gets
   * what the handler gets. It must come from the TLS layer, never from a header callers can send.
   */
  readonly peer: (request: Request, ...context: Context) => FetchPeer | undefined
}

/** A handler of a protected route. */
export type ProtectedHandler<Context extends readonly unknown[]> = (
  request: Request,
  writ: Admitted,
  ...context: Context
) => Response | Promise<Response>

/** A guard for fetch handlers. */
export interface FetchWrit<Context extends readonly unknown[]> {
  /** A handler that runs only for admitted requests. */
  protect(
    handler: ProtectedHandler<Context>,
    mode?: Mode,
  ): (request: Request, ...context: Context) => Promise<Response>
}

const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/

/**
 * Guards fetch handlers: verifies by Web Crypto with the authority's published keys, and has the
 * authority redeem. Imports nothing of Node and keeps no state that has to be right. Throws a plain
 * sentence where the runtime can not prove who calls, or who we are.
 */
export function createWrit<Context extends readonly unknown[] = readonly unknown[]>(
  settings: FetchSettings<Context>,
): FetchWrit<Context> {
  const { peer, audience, origin, told } = settings
  const link = createWebLink(requireSound(settings), requireProofs(settings).fetch)
  const keys = createWebKeys(() => link('GET', '/.well-known/jwks.json'))
  const guard: Guard = {
    admit: createRemoteAdmission({
      audience,
      post: (path, body, requestId) => link('POST', path, body, requestId),
      async verify(token) {
        const source = await keys.keysFor(token.jws.kid)
        if (source === undefined) return refuse('status_unknown', { keys: 'stale' })
        const { issuer = token.claims.issuer } = settings
        const now = epochSeconds(Math.floor(Date.now() / 1_000))
        return verifyToken(token, { keys: source, issuer, audience, now })
      },
    }),
    origin,
    requestId: freshRequestId,
    told,
  }
  return {
    protect:
      (handler, mode) =>
      async (request, ...context) => {
        const arrival = arrivalOf(request, () => peer(request, ...context))
        const verdict = await judge(guard, arrival, mode)
        if (!verdict.ok) {
          const { status, headers, body } = verdict.told
          return new Response(body, { status, headers })
        }
        const response = await handler(request, verdict.writ as Admitted, ...context)
        return withHeaders(response, verdict.headers)
      },
  }
}

function requireProofs<T extends Pick<FetchSettings<readonly unknown[]>, 'fetch'>>(
  settings: T & { readonly peer: unknown },
): T {
  if (typeof settings.fetch !== 'function') {
    throw new Error(
      'fetch: one that shows the certificate of this service; without it nothing can be redeemed.',
    )
  }
  if (typeof settings.peer !== 'function') {
    throw new Error(
      'peer: how this runtime tells the client certificate of a request. ' +
        'Where it can not, put the gateway in front: a token is good only from who it names (I8).',
    )
  }
  return settings
}

function arrivalOf(request: Request, peer: () => FetchPeer | undefined): Arrival {
  const header = (name: string): readonly string[] => {
    const value = request.headers.get(name)
    return value === null ? [] : [value]
  }
  return {
    method: request.method,
    target: targetOf(request.url),
    header,
    peer: provenPeer(peer, header('authorization')[0]),
    readBody: () => readCopy(request),
  }
}

/** What handler and judge both have: the URL as the runtime has read it, from its path on. */
function targetOf(url: string): string | undefined {
  const path = url.indexOf('/', url.indexOf('://') + 3)
  return path === -1 ? undefined : url.slice(path).split('#', 1)[0]
}

/** What breaks while the peer is told is no proof of anybody. */
function provenPeer(
  peer: () => FetchPeer | undefined,
  authorization: string | undefined,
): Arrival['peer'] {
  try {
    return peerOf(peer(), authorization)
  } catch (cause) {
    return refuse('status_unknown', { peer: String(cause) })
  }
}

/**
 * Where a runtime tells only which certificate it was, the agent is the one the token names: the
 * authority bound that certificate to it, and both are held against each other there.
 */
function peerOf(told: FetchPeer | undefined, authorization = ''): Arrival['peer'] {
  if (told === undefined || !THUMBPRINT.test(told.certificate)) return refuse('unauthenticated')
  const { address } = told
  const uri = told.uri === undefined ? agentOf(authorization) : accept(told.uri as AgentUri)
  if (!uri.ok) return uri
  return accept({
    uri: uri.value,
    certificate: told.certificate as CertificateThumbprint,
    ...(address === undefined ? {} : { address }),
  })
}

function agentOf(authorization: string): Result<AgentUri> {
  if (authorization === '') return refuse('unauthenticated')
  const parsed = parseToken(authorization.slice('Bearer '.length), 'call')
  return parsed.ok ? accept(parsed.value.claims.agent) : parsed
}

function freshRequestId(): RequestId {
  const random = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return `req_${encodeBase64url(random)}` as RequestId
}

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  const copy = new Response(response.body, response)
  for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value)
  return copy
}
