import type { RefusalCode } from '../../../src/domain/refusal.ts'
import {
  agentOf,
  childrenOf,
  lineageOf,
  type Model,
  type ModelAgent,
  type ModelLease,
  type ModelToken,
  spentBelow,
} from './state.ts'
import type { Terms } from './terms.ts'

/** Who asks, as TLS says. */
export interface Asker {
  readonly name: string
  readonly certificate: string
}

/** I8: "a token is accepted only from the peer its cnf names". */
export function isBoundTo(token: ModelToken, asker: Asker): boolean {
  return token.agent === asker.name && token.certificate === asker.certificate
}

/**
 * §3: "The row names a subject […]; enforcement checks subjects(lineage) ∩ revoked. Suspension is
 * the same row"; a revocation weighs more.
 */
export function effectOn(
  model: Model,
  subjects: readonly string[],
): 'revoked' | 'suspended' | undefined {
  const found = subjects.map((subject) => model.against.get(subject))
  if (found.includes('revoked')) return 'revoked'
  return found.includes('suspended') ? 'suspended' : undefined
}

/** The subjects of a lineage: each lease, each holder, the one principal, the tenant. */
export function subjectsOf(model: Model, lineage: readonly ModelLease[]): readonly string[] {
  const [root] = lineage
  if (root === undefined) throw new Error('a lineage has a root')
  return [
    'tenant',
    `principal:${agentOf(model, root.holder).owner}`,
    ...lineage.flatMap(({ id, holder }) => [`lease:${id}`, `agent:${holder}`]),
  ]
}

/**
 * I6: "a lease is live iff it and every ancestor are neither revoked, released, expired nor
 * exhausted"; the worst finding is told. `presented`: certificate and signing key of this use.
 */
export function whyNotLive(
  model: Model,
  lease: ModelLease,
  presented: readonly string[] = [],
): RefusalCode | undefined {
  return (
    whyEnded(model, lease, presented) ??
    (lineageOf(model, lease).some((one) => isExhausted(model, one)) ? 'uses_exhausted' : undefined)
  )
}

/** The same without the counters, which a redemption looks at last. */
export function whyEnded(
  model: Model,
  lease: ModelLease,
  presented: readonly string[] = [],
): RefusalCode | undefined {
  const lineage = lineageOf(model, lease)
  const effect = effectOn(model, [...subjectsOf(model, lineage), ...presented])
  if (effect !== undefined) return effect
  if (lineage.some((one) => one.released)) return 'released'
  return lineage.some((one) => one.expires <= model.now) ? 'expired' : undefined
}

/** I11: every use of the lease's own limit is spent. */
export function isExhausted(model: Model, lease: ModelLease): boolean {
  return spentBelow(model, lease) >= lease.terms.uses
}

/** I11 when a call is made: a contract that moved on binds an open lease too, when it is lower. */
export function usesLeft(model: Model, lease: ModelLease): number {
  const { contract, version } = agentOf(model, lease.holder)
  const ceiling = version === lease.version ? lease.terms.uses : contract.uses
  return Math.min(lease.terms.uses, ceiling) - spentBelow(model, lease)
}

/** §3: "an agent (everything it holds […]), a certificate, a principal, a tenant": who acts. */
export function whyNotUsable(
  model: Model,
  agent: ModelAgent,
  certificate: string,
): RefusalCode | undefined {
  return effectOn(model, [
    'tenant',
    `agent:${agent.name}`,
    `principal:${agent.owner}`,
    `certificate:${certificate}`,
  ])
}

/**
 * I1: "only the holder of a lease, proven by its certificate"; §7: "unknown, foreign and revoked
 * ids look alike to strangers", while a holder above may know of it. Then the lease has to be live,
 * and who acts in good standing.
 */
export function whyNotHeld(model: Model, asker: Asker, id: string): RefusalCode | undefined {
  const lease = model.leases.get(id)
  if (lease === undefined) return 'not_found'
  const holders = lineageOf(model, lease).map((one) => one.holder)
  if (!holders.includes(asker.name)) return 'not_found'
  if (lease.holder !== asker.name) return 'forbidden'
  const { certificate } = asker
  const dead = whyNotLive(model, lease, [`certificate:${certificate}`])
  return dead ?? whyNotUsable(model, agentOf(model, asker.name), certificate)
}

/** §6: "scopes may ask a minimum tier and maximum age, re-checked at delegation and at use". */
export function whyNotAttested(
  model: Model,
  evidence: { readonly tier: number; readonly attestedAt: number },
  terms: Pick<Terms, 'tier' | 'age'>,
): RefusalCode | undefined {
  if (evidence.tier < terms.tier) return 'attestation_too_low'
  return model.now - evidence.attestedAt > terms.age ? 'attestation_stale' : undefined
}

/** §3: "Contracts are live": those of the lineage's holders that moved since the lease was born. */
export function movedContracts(model: Model, lease: ModelLease): readonly Terms[] {
  return lineageOf(model, lease).flatMap((one) => {
    const holder = agentOf(model, one.holder)
    return holder.version === one.version ? [] : [holder.contract]
  })
}

/** Fan-out counts children that live by themselves; a suspended one may come back, so it counts. */
export function liveChildren(model: Model, lease: ModelLease): number {
  return childrenOf(model, lease).filter(
    (child) =>
      effectOn(model, [`lease:${child.id}`, `agent:${child.holder}`]) !== 'revoked' &&
      !child.released &&
      child.expires > model.now &&
      !isExhausted(model, child),
  ).length
}
