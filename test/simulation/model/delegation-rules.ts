import type { RefusalCode } from '../../../src/domain/refusal.ts'
import { type Grant, grant, lifeOf } from './lease-rules.ts'
import { earliest, firstStage } from './precedence.ts'
import {
  type Asker,
  isBoundTo,
  liveChildren,
  movedContracts,
  whyNotAttested,
  whyNotHeld,
  whyNotLive,
  whyNotUsable,
} from './standing.ts'
import {
  agentOf,
  leaseOf,
  lineageOf,
  type Model,
  type ModelLease,
  type ModelToken,
  type Prediction,
} from './state.ts'
import { type Ask, fits, type Terms } from './terms.ts'
import { ASKED, tokenLife, whyNotRead } from './token-rules.ts'

/** §5: "Depth default 3, cap 16". */
const DEEPEST = 16

/** What is asked of a delegation. */
export interface DelegationAsk {
  readonly lease: string
  readonly delegate: string
  readonly ask: Ask
  readonly life: number | undefined
}

/** "It delegates part of it to the worker": I1, I2, I3, I4, fan-out, all before anything is born. */
export function predictDelegate(
  model: Model,
  asker: Asker,
  asked: DelegationAsk,
): Prediction & { readonly made?: Pick<ModelToken, 'terms' | 'expires'> } {
  const event = 'delegation.created'
  const standing = whyNotHeld(model, asker, asked.lease)
  if (standing !== undefined) return { verdict: standing, event }
  const lease = leaseOf(model, asked.lease)
  const given = grantTo(model, lease, asked)
  const expires = tokenLife(model, lease, asked.life)
  const refused = earliest([
    whyNoChild(model, lease, asked.delegate),
    'refused' in given ? given.refused : expires === 'not_narrower' ? expires : undefined,
  ])
  if (refused !== undefined) return { verdict: refused, event }
  if ('refused' in given || expires === 'not_narrower') throw new Error('was refused above')
  if (given.terms.approval) return ASKED
  return { verdict: 'allowed', event, made: { terms: given.terms, expires } }
}

/** The place in the tree: whether there may be a child, whose, how deep (I2), how many. */
function whyNoChild(model: Model, lease: ModelLease, delegate: string): RefusalCode | undefined {
  const lineage = lineageOf(model, lease)
  const moved = movedContracts(model, lease)
  const bound = [lease.terms, ...moved]
  const depths = [...lineage.map(({ terms }) => terms), ...moved].map((terms) => terms.depth)
  return earliest([
    bound.every((terms) => terms.delegable) ? undefined : 'delegation_not_permitted',
    bound.every((terms) => terms.delegates.includes(delegate)) ? undefined : 'delegate_not_allowed',
    lineage.length > Math.min(DEEPEST, ...depths) ? 'depth_exceeded' : undefined,
    liveChildren(model, lease) >= lease.terms.children ? 'fanout_exceeded' : undefined,
  ])
}

/** I4: narrower than the parent, the delegate's contract, and contracts above that moved. */
function grantTo(model: Model, lease: ModelLease, asked: DelegationAsk): Grant {
  const delegate = model.agents.get(asked.delegate)
  if (delegate?.role !== 'agent') return { refused: 'delegate_not_allowed' }
  const certificate = delegate.certificates.at(-1) ?? ''
  if (whyNotUsable(model, delegate, certificate) !== undefined) {
    return { refused: 'delegate_not_allowed' }
  }
  const above = [lease.terms, delegate.contract, ...movedContracts(model, lease)]
  const given = grant(model, asked.ask, delegate, above)
  if ('refused' in given) return given
  const lineage = lineageOf(model, lease)
  if (lineage.length > given.terms.depth) return { refused: 'depth_exceeded' }
  const life = lifeOf(model, asked.ask.ttl, given.terms, lineage)
  return life === 'not_narrower' ? { refused: life } : given
}

/**
 * "Only the named delegate redeems" (I1), once (I7). "Everything that was checked when the token
 * was made is checked again": "a child of a revoked parent is dead at birth".
 */
export function predictAccept(
  model: Model,
  asker: Asker,
  token: ModelToken,
): Prediction & { readonly born?: Pick<ModelLease, 'terms' | 'expires'> } {
  const unread = token.kind === 'call' ? 'token_kind' : whyNotRead(model, token)
  if (unread !== undefined) return { verdict: unread, event: undefined }
  const event = 'delegation.redeemed'
  const refused = firstStage([
    () => (isBoundTo(token, asker) ? undefined : 'holder_binding_failed'),
    () => whyNoParent(model, token),
    () => whyNotUsable(model, agentOf(model, asker.name), asker.certificate),
    () => whyNotBorn(model, token),
    () => (token.spent === 'no' ? undefined : 'token_used'),
  ])
  if (refused !== undefined) return { verdict: refused, event }
  const { terms } = token
  const above = lineageOf(model, leaseOf(model, token.lease))
  const expires = lifeOf(model, undefined, terms, above, terms.ttl)
  if (expires === 'not_narrower') throw new Error('nothing was asked')
  return { verdict: 'allowed', event, born: { terms, expires } }
}

function whyNoParent(model: Model, token: ModelToken): RefusalCode | undefined {
  const parent = model.leases.get(token.lease)
  if (parent === undefined) return 'not_found'
  return whyNotLive(model, parent, [`certificate:${token.certificate}`, `key:${token.key}`])
}

function whyNotBorn(model: Model, token: ModelToken): RefusalCode | undefined {
  const parent = leaseOf(model, token.lease)
  const delegate = agentOf(model, token.agent)
  const ceilings: Terms[] = [delegate.contract, ...movedContracts(model, parent)]
  return earliest([
    ceilings.every((ceiling) => fits(token.terms, ceiling)) ? undefined : 'not_narrower',
    whyNotAttested(model, delegate, token.terms),
    whyNoChild(model, parent, token.agent),
  ])
}
