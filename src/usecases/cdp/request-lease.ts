import { randomBytes } from 'node:crypto'
import type { Agent } from '../../domain/agent.ts'
import { requireTerms } from '../../domain/credential-choice.ts'
import type { ApprovalId } from '../../domain/ids.ts'
import type { Lease } from '../../domain/lease.ts'
import { TOKEN_TTL_SECONDS_MAX } from '../../domain/limits.ts'
import { refuse } from '../../domain/refusal.ts'
import { accept, type Result } from '../../domain/result.ts'
import { hostMatches } from '../../domain/scope/host.ts'
import type { ScopeRequest } from '../../domain/scope/types.ts'
import { isAwaiting } from '../approvals/awaiting.ts'
import type { AgentCaller } from '../caller.ts'
import type { ServedRoute } from '../catalog/catalog.ts'
import { decideNo } from '../decide.ts'
import { createHandle } from '../handles/create-handle.ts'
import { openLease } from '../leases/open-lease.ts'
import { releaseLease } from '../leases/release-lease.ts'
import { mintTokens } from '../tokens/mint-tokens.ts'
import type { SignedToken } from '../tokens/sign-claims.ts'
import type { World } from '../world.ts'
import { agentFingerprint } from './agent-fingerprint.ts'
import { askAndWait, type Waiting } from './await-consent.ts'
import type { CdpGate } from './cdp-gate.ts'

/** What an agent asks of the gate. */
export interface CdpLeaseInput {
  /** Calls through our proxy, or one token for one call elsewhere. */
  readonly mode: 'proxy' | 'token'
  readonly credentialRef: string | undefined
  /** Only with `token`: the resource it is for, where more than one is meant by the reference. */
  readonly audience: string | undefined
  readonly scope: ScopeRequest
  readonly hosts: readonly string[]
  readonly ttlSeconds: number | undefined
  readonly reason: string | undefined
  readonly approval: ApprovalId | undefined
}

/** What a lease token and its channel binding are, and where they are shown. */
export interface ProxyGrant {
  /** `cdp_lt_` and hex. */
  readonly leaseToken: string
  /** 256 bits, hex. */
  readonly binding: string
  readonly url: string
  readonly port: number
  /** The route it was asked for, as an address of its own. */
  readonly route: string
}

/** A lease with the way to use it. */
export type CdpGrant =
  | { readonly kind: 'proxy'; readonly lease: Lease; readonly proxy: ProxyGrant }
  | { readonly kind: 'token'; readonly lease: Lease; readonly token: SignedToken }

const BINDING_BYTES = 32

/**
 * CDP-03: opens a root lease for the resources behind a credential reference, and gives out the one
 * way to use it. A reference that nobody has and one that this agent may not use look alike:
 * `not_found`. A grant for elsewhere lives TOKEN_TTL_SECONDS_MAX at most and is one use (CDPX-29).
 * Other refusals: those of `openLease`, `createHandle` and `mintTokens`, and of the waiting.
 */
export async function requestLease(
  world: World,
  caller: AgentCaller,
  input: CdpLeaseInput,
  waiting: Waiting,
): Promise<Result<CdpGrant>> {
  const reached = await routesFor(world, caller, waiting.gate, input)
  if (!reached.ok) return noted(world, caller, reached)
  const { audiences, route } = reached.value
  const served = requireProxy(waiting.gate, input.mode)
  if (!served.ok) return served
  const bounded =
    input.mode === 'token' ? await boundForToken(world, caller, input) : accept(input.scope)
  if (!bounded.ok) return noted(world, caller, bounded)
  const ask = (approval: ApprovalId | undefined) =>
    openLease(world, caller, {
      scope: { ...bounded.value, audiences },
      ttlSeconds: input.ttlSeconds,
      reason: input.reason,
      approval: approval ?? input.approval,
    })
  const opened = await askAndWait<Lease>(world, caller, ask, waiting)
  if (!opened.ok) return opened
  const lease = opened.value
  const made =
    input.mode === 'proxy'
      ? await grantProxy(world, caller, waiting.gate, { lease, route })
      : await grantToken(world, caller, { lease, audience: audiences[0] ?? '' })
  if (!made.ok) await releaseLease(world, caller, { lease: lease.id })
  return made
}

/** I10: a no before there is a lease to open is one as well, but for what can not be read. */
async function noted(
  world: World,
  caller: AgentCaller,
  result: Extract<Result<never>, { ok: false }>,
): Promise<Result<never>> {
  if (result.refusal.code === 'malformed') return result
  return decideNo(world, caller, 'lease.opened', { result, facts: { face: 'cdp' } })
}

/** A lease token for a live lease that the caller holds (I1): the only kind of bearer it makes. */
export async function grantProxy(
  world: World,
  caller: AgentCaller,
  gate: CdpGate,
  of: { readonly lease: Lease; readonly route: string },
): Promise<Result<CdpGrant>> {
  const { lease, route } = of
  const { proxy } = gate
  if (proxy === undefined) return noProxy()
  const agent = await world.store.read((reads) => reads.agent(caller.tenant, caller.uri))
  if (agent === undefined) return refuse('not_found', { agent: caller.uri })
  const { bytes: fingerprint, process } = agentFingerprint(agent, caller)
  const bytes = randomBytes(BINDING_BYTES)
  const text = gate.leaseToken({ lease: lease.id, fingerprint, binding: bytes })
  const binding = bytes.toString('hex')
  const made = { text, binding, process }
  const input = { lease: lease.id, label: 'cdp', addresses: [], made }
  const created = await createHandle(world, caller, input)
  if (!created.ok) return created
  return accept({ kind: 'proxy', lease, proxy: { leaseToken: text, binding, route, ...proxy } })
}

/** One call token of a lease, kept by its id so that its revocation can be published. */
export async function grantToken(
  world: World,
  caller: AgentCaller,
  of: { readonly lease: Lease; readonly audience: string },
): Promise<Result<CdpGrant>> {
  const { lease, audience } = of
  const ttlSeconds = Math.min(TOKEN_TTL_SECONDS_MAX, lease.expiresAt - world.store.now())
  const order = { lease: lease.id, audience, count: 1, ttlSeconds }
  const minted = await mintTokens(world, caller, order)
  if (!minted.ok) return minted
  if (isAwaiting(minted.value)) return refuse('approval_required', { lease: lease.id })
  const [token] = minted.value
  if (token === undefined) throw new Error('one token was asked for')
  const { jti, expiresAt } = token.claims
  const { tenant, certificate, uri: holder } = caller
  const kept = await world.store.noteIssuedToken({
    tenant,
    jti,
    holder,
    lease: lease.id,
    certificate,
    expiresAt,
  })
  return kept.ok ? accept({ kind: 'token', lease, token }) : kept
}

async function routesFor(
  world: World,
  caller: AgentCaller,
  gate: CdpGate,
  { mode, credentialRef, audience, hosts }: CdpLeaseInput,
): Promise<Result<{ readonly audiences: readonly string[]; readonly route: string }>> {
  if (credentialRef === undefined) {
    return mode === 'token' && audience !== undefined
      ? accept({ audiences: [audience], route: '' })
      : missing('/credential_ref')
  }
  const routes = await visibleRoutes(world, caller, gate)
  const named = routes.filter(({ credential }) => credential?.name === credentialRef)
  // The text is the agent's own and may be anything: it is told in no record (I12).
  if (named.length === 0) return refuse('not_found', { unknown: 'credential' })
  const reached = named.filter(({ origin }) =>
    hosts.some((host) => hostMatches(host, new URL(origin).hostname)),
  )
  const chosen =
    audience === undefined ? reached : reached.filter(({ resource }) => resource === audience)
  const [first, ...others] = chosen
  if (first === undefined) return refuse('scope_not_granted', { credential: credentialRef })
  if (mode === 'token' && others.length > 0) return missing('/audience')
  const audiences = [...new Set(chosen.map(({ resource }) => resource))]
  return accept({ audiences, route: first.name })
}

/**
 * Routes whose credential the agent's contract lets it use (CDPX-21). Nothing is told of others. A
 * policy judges each call all the same.
 */
export async function visibleRoutes(
  world: World,
  { tenant, uri }: AgentCaller,
  _gate: CdpGate,
): Promise<readonly ServedRoute[]> {
  return world.store.read(async (reads) => {
    const agent = await reads.agent(tenant, uri)
    if (agent === undefined) return []
    const seen: ServedRoute[] = []
    for (const route of world.catalog.credentialRoutes) {
      const { credential: wanted, resource } = route
      if (!agent.contract.audiences.includes(resource)) continue
      if (!requireTerms([agent], wanted).ok) continue
      const credential = await reads.credential({ tenant, ...wanted, owner: agent.owner })
      if (credential?.state === 'active' && mayUse(agent, credential.category)) seen.push(route)
    }
    return seen
  })
}

function mayUse({ terms }: Agent, category: Agent['terms']['categories'][number]): boolean {
  return terms.categories.includes(category)
}

/** CDPX-29: one use, and no longer than a token may live, nor than the contract lets a lease. */
async function boundForToken(
  world: World,
  { tenant, uri }: AgentCaller,
  { scope, ttlSeconds }: CdpLeaseInput,
): Promise<Result<ScopeRequest>> {
  const { limits = {} } = scope
  const { max_uses: uses = 1 } = limits
  if (ttlSeconds !== undefined && ttlSeconds > TOKEN_TTL_SECONDS_MAX) {
    return tooWide('/scope/ttl_seconds', `At most ${TOKEN_TTL_SECONDS_MAX} for a token.`)
  }
  if (uses !== 1) return tooWide('/scope/max_requests', 'A token is one request.')
  const agent = await world.store.read((reads) => reads.agent(tenant, uri))
  const ceiling = agent?.contract.limits.ttl_seconds ?? TOKEN_TTL_SECONDS_MAX
  const bounds = { max_uses: 1, ttl_seconds: Math.min(TOKEN_TTL_SECONDS_MAX, ceiling) }
  return accept({ ...scope, limits: { ...limits, ...bounds } })
}

function tooWide(pointer: string, detail: string): Result<never> {
  return refuse('not_narrower', {}, [{ pointer, code: 'not_narrower', detail }])
}

function missing(pointer: string): Result<never> {
  return refuse('malformed', {}, [{ pointer, code: 'missing', detail: 'This is missing.' }])
}

/** Refuses `not_found` where calls with a lease token are wanted and nothing here takes them. */
export function requireProxy({ proxy }: CdpGate, mode: CdpLeaseInput['mode']): Result<void> {
  return mode === 'proxy' && proxy === undefined ? noProxy() : accept(undefined)
}

function noProxy(): Result<never> {
  const detail = 'This process has no listener for handles, which takes these calls.'
  return refuse('not_found', { proxy: 'off' }, [{ pointer: '/mode', code: 'not_found', detail }])
}
