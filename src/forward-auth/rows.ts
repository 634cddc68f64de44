import { bearerToken } from '../admission/bearer.ts'
import { handlingText } from '../admission/handling.ts'
import type { Admitted, PeerIdentity } from '../admission/ports.ts'
import { problemHeaders, problemOf } from '../admission/problem.ts'
import { rateHeaders } from '../admission/rate-headers.ts'
import { type Refusal, refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Identify } from '../listener/caller.ts'
import type { HttpContext } from '../listener/context.ts'
import type { Asked, ExtraHeaders, FaceRow, Method, Serving } from '../listener/face.ts'
import { codeOfFault } from '../listener/faults.ts'
import { ENFORCEMENT } from '../listener/guards.ts'
import { forwardedPeer } from '../pki/forwarded-peer.ts'
import { redeemTokens } from '../usecases/tokens/redeem-token.ts'
import { signAdmission } from '../usecases/tokens/sign-admission.ts'
import type { World } from '../usecases/world.ts'
import { readClientCertificate } from './client-certificate.ts'
import { ENVOY_PREFIX, readOriginalRequest } from './original-request.ts'
import type { AskingProxy, HeaderFamily, ProxyTable } from './proxy-table.ts'
import { type Question, questionOf } from './question.ts'
import { STATUS_TOLD } from './status.ts'

/** Envoy asks with the method of the request itself; HEAD is served by the row of GET. */
const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
/** What a proxy may be told about a receipt that could not be signed; it can be read later. */
const NO_RECEIPT = 'none'

/** A call as the proxy described it; who asks for it is known by the proxy's word. */
interface Described {
  readonly token: string
  readonly audience: string
  readonly peer: PeerIdentity
  readonly method: string
  readonly target: string
}

/**
 * Forward-auth: a proxy asks about each request before it passes it on (nginx `auth_request`, Caddy
 * `forward_auth`, Envoy HTTP `ext_authz`). The proxy is an enforcement point with a certificate of
 * its own on the agents listener (I8); only one that stands in `proxies` may ask, only for its own
 * sites, and only its own headers are read. A yes has spent the token (I7).
 */
export function forwardAuthRows(proxies: ProxyTable): readonly FaceRow[] {
  if (proxies.size === 0) return []
  const row = (method: Method, path: string, families: readonly HeaderFamily[]): FaceRow => ({
    method,
    path,
    listeners: ['agents'],
    who: ENFORCEMENT,
    identify: identifyProxy,
    deadline: true,
    answer: (c, asked) => answer(c, asked, { proxies, families }),
    refused,
  })
  return [
    row('GET', '/authz', ['original', 'forwarded']),
    ...METHODS.map((method) => row(method, `${ENVOY_PREFIX}/*`, ['envoy'])),
  ]
}

/**
 * What is wrong with the proxy itself is no matter of its client's: told apart, and never 401.
 */
function identifyProxy(serving: Serving): Identify {
  return async (c) => {
    const caller = await serving.identify(c)
    if (caller.ok) return caller
    const { code, facts } = caller.refusal
    const detail = 'The proxy that asked is not let in; its client has no part in that.'
    return refuse(code, { ...facts, proxy: true }, [{ pointer: '', code: 'proxy', detail }])
  }
}

async function answer(
  c: HttpContext,
  { serving, caller }: Asked,
  terms: { readonly proxies: ProxyTable; readonly families: readonly HeaderFamily[] },
): Promise<Result<Response>> {
  const result = await judged(c, { serving, caller }, terms)
  serving.metrics.redemption(result.ok ? 'allowed' : result.refusal.code)
  if (!result.ok) return result
  const { admitted, family } = result.value
  const receipt = await signAdmission(serving.world, admitted).catch((error: unknown) => {
    serving.log.fault('http.fault', error, { request_id: c.get('requestId'), route: 'authz' })
    return NO_RECEIPT
  })
  return accept(
    new Response(null, { status: 200, headers: headersOf(c, admitted, receipt, family) }),
  )
}

/** A fault is a no of this face too: whatever else it told, some proxy could let pass. */
async function judged(
  c: HttpContext,
  { serving, caller }: Asked,
  terms: { readonly proxies: ProxyTable; readonly families: readonly HeaderFamily[] },
): Promise<Result<{ readonly admitted: Admitted; readonly family: HeaderFamily }>> {
  try {
    const proxy = caller.kind === 'enforcement' ? terms.proxies.get(caller.uri) : undefined
    if (proxy === undefined || !terms.families.includes(proxy.headers)) {
      return refuse('forbidden', { proxy: false })
    }
    const call = describe(questionOf(c), proxy, serving.world)
    if (!call.ok) return call
    const { token, audience, peer, method, target } = call.value
    const requestId = c.get('requestId')
    const request = { type: 'http', method, target } as const
    const started = await redeemTokens(serving.world, caller, [
      { token, audience, peer, request, requestId },
    ])
    if (!started.ok) return started
    const admitted = await started.value[0]
    if (admitted === undefined) return refuse('fault')
    return admitted.ok ? accept({ admitted: admitted.value, family: proxy.headers }) : admitted
  } catch (error) {
    serving.log.fault('http.fault', error, { request_id: c.get('requestId'), route: 'authz' })
    return refuse(codeOfFault(error))
  }
}

/** The call that the proxy asks about, out of its headers and nothing else. */
function describe(question: Question, proxy: AskingProxy, world: World): Result<Described> {
  const request = readOriginalRequest(question, proxy.headers)
  if (!request.ok) return request
  const { method, origin, uri, address } = request.value
  const audience = proxy.sites.get(origin)
  if (audience === undefined) return refuse('misdirected', { origin })
  const told = readClientCertificate(question, proxy.certificate)
  if (!told.ok) return told
  const { trustDomain, ca, store } = world
  const now = store.now()
  const leaf = forwardedPeer(told.value.der, { trustDomain, rootPem: ca.rootPem, now })
  if (!leaf.ok) return leaf
  const { uri: agent, certificate } = leaf.value
  if ((told.value.uri ?? agent) !== agent) return refuse('malformed', { certificate: 'two names' })
  const token = bearerToken(question.headers.get('authorization'))
  if (!token.ok) return token
  const from = address === undefined ? {} : { address }
  const peer = { uri: agent, certificate, ...from }
  return accept({ token: token.value, audience, peer, method, target: origin + uri })
}

/** What the proxy hands on to its upstream; each is always there, so that it always overwrites. */
function headersOf(
  c: HttpContext,
  admitted: Admitted,
  receipt: string,
  family: HeaderFamily,
): Record<string, string> {
  const { claims, rate, obligations } = admitted
  return {
    'Writ-Agent': claims.agent,
    'Writ-Subject': claims.subject,
    'Writ-Lease': claims.lease.id,
    'Writ-Token-Id': claims.jti,
    'Writ-Receipt': receipt,
    'Writ-Response-Handling': handlingText(undefined, obligations) ?? 'none',
    'X-Request-Id': c.get('requestId'),
    'Content-Length': '0',
    ...(rate === undefined ? {} : rateHeaders(rate)),
    ...(family === 'envoy' ? { 'X-Envoy-Auth-Headers-To-Remove': 'authorization' } : {}),
  }
}

function refused(c: HttpContext, refusal: Refusal, extra: ExtraHeaders = {}): Response {
  c.set('refusal', refusal)
  const problem = problemOf(refusal, c.get('requestId'))
  const status = refusal.facts['proxy'] === undefined ? STATUS_TOLD[problem.code] : 403
  const { 'WWW-Authenticate': challenge, ...headers } = problemHeaders(problem)
  const shown = {
    ...headers,
    ...(challenge === undefined || status !== 401 ? {} : { 'WWW-Authenticate': challenge }),
    'Writ-Status': String(problem.status),
    ...extra,
  }
  return new Response(JSON.stringify(problem), { status, headers: shown })
}
