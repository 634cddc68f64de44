import type { RefusalCode } from '../../../src/domain/refusal.ts'
import { earliest, firstStage } from './precedence.ts'
import { type Asker, movedContracts, whyNotAttested, whyNotHeld, whyNotUsable } from './standing.ts'
import {
  agentOf,
  leaseOf,
  lineageOf,
  type Model,
  type ModelAgent,
  type ModelLease,
  type Prediction,
} from './state.ts'
import { type Ask, granted, type Terms } from './terms.ts'

/** §5: "at most 4 h cumulative". */
export const CUMULATIVE = 4 * 60 * 60
const RENEWALS = 3
/** A life nobody asked for. */
const LIFE = 600

/** What is granted of a scope that was asked for, or why it is not. */
export type Grant = { readonly terms: Terms } | { readonly refused: RefusalCode }

/**
 * §5: "granted = meet(parent, request, contract, policy)"; and then evidence.
 */
export function grant(model: Model, ask: Ask, holder: ModelAgent, above: readonly Terms[]): Grant {
  const terms = granted(ask, above)
  if (terms === undefined) return { refused: 'not_narrower' }
  const refused = earliest([whyNotAttested(model, holder, terms)])
  return refused === undefined ? { terms } : { refused }
}

/** I3 at birth: asked for and longer than allowed is refused, not asked for is cut. */
export function lifeOf(
  model: Model,
  asked: number | undefined,
  terms: Terms,
  above: readonly ModelLease[],
  unasked = LIFE,
): number | 'not_narrower' {
  const ceiling = model.now + Math.min(terms.ttl, CUMULATIVE)
  const bound = Math.min(ceiling, ...above.map((lease) => lease.expires))
  if (asked !== undefined && model.now + asked > bound) return 'not_narrower'
  return Math.min(model.now + (asked ?? unasked), bound)
}

/** "The planner agent opens a root lease", within its contract, as it stands. */
export function predictOpen(
  model: Model,
  asker: Asker,
  ask: Ask,
  asked: number | undefined,
): Prediction & { readonly born?: Pick<ModelLease, 'terms' | 'expires'> } {
  const event = 'lease.opened'
  const agent = model.agents.get(asker.name)
  if (agent === undefined) return { verdict: 'not_found', event }
  const standing = whyNotUsable(model, agent, asker.certificate)
  if (standing !== undefined) return { verdict: standing, event }
  const given = grant(model, ask, agent, [agent.contract])
  if ('refused' in given) return { verdict: given.refused, event }
  const expires = lifeOf(model, asked, given.terms, [])
  if (expires === 'not_narrower') return { verdict: 'not_narrower', event }
  return { verdict: 'allowed', event, born: { terms: given.terms, expires } }
}

/** Adds a lease to the model. */
export function bear(
  model: Model,
  lease: Pick<ModelLease, 'id' | 'parent' | 'holder' | 'terms' | 'expires'>,
): void {
  const { version } = agentOf(model, lease.holder)
  const seconds = lease.expires - model.now
  const born: ModelLease = {
    ...lease,
    version,
    renewals: 0,
    seconds,
    released: false,
    spent: 0,
    counted: [],
  }
  model.leases.set(lease.id, born)
  const [root] = lineageOf(model, born)
  const tree = root?.id ?? lease.id
  model.trees.set(tree, (model.trees.get(tree) ?? 0) + 1)
}

/**
 * §5: "at most 3 per lease, at most 4 h cumulative, never past any ancestor's end, only while
 * live"; I3; never an earlier end.
 */
export function predictRenew(model: Model, asker: Asker, id: string, asked: number): Prediction {
  const event = 'lease.renewed'
  const refused = firstStage([
    () => whyNotHeld(model, asker, id),
    () => whyNotRenewed(model, leaseOf(model, id), asked),
  ])
  return { verdict: refused ?? 'allowed', event }
}

function whyNotRenewed(model: Model, lease: ModelLease, asked: number): RefusalCode | undefined {
  const end = model.now + asked
  const above = lineageOf(model, lease).slice(0, -1)
  const scopes = [lease.terms, ...movedContracts(model, lease)]
  const outlives =
    above.some((ancestor) => end > ancestor.expires) || scopes.some((terms) => asked > terms.ttl)
  const tooMuch = lease.renewals >= RENEWALS || lease.seconds + (end - lease.expires) > CUMULATIVE
  return earliest([
    outlives || end < lease.expires ? 'not_narrower' : undefined,
    tooMuch ? 'renewal_exceeded' : undefined,
  ])
}

/** What a renewal changes. */
export function renew(model: Model, id: string, asked: number): void {
  const lease = leaseOf(model, id)
  lease.seconds += model.now + asked - lease.expires
  lease.expires = model.now + asked
  lease.renewals += 1
}

/** Only the holder gives a lease back, and only a live one. */
export function predictRelease(model: Model, asker: Asker, id: string): Prediction {
  return { verdict: whyNotHeld(model, asker, id) ?? 'allowed', event: 'lease.released' }
}
