import type { RefusalCode } from '../../../src/domain/refusal.ts'
import {
  type Point,
  reserve,
  whyNotAfforded,
  whyNotCounted,
  whyNotCovered,
} from './budget-rules.ts'
import { earliest, firstStage } from './precedence.ts'
import { countRates, whyNotYet } from './rate-rules.ts'
import {
  type Asker,
  effectOn,
  isBoundTo,
  movedContracts,
  usesLeft,
  whyEnded,
  whyNotAttested,
  whyNotHeld,
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
import { type Ask, granted, shared, type Terms } from './terms.ts'

/** §4: "life 60 s default, 300 s cap; never past the lease's end". */
export function tokenLife(
  model: Model,
  lease: ModelLease,
  asked: number | undefined,
): number | 'not_narrower' {
  if (asked !== undefined && asked > 300) return 'not_narrower'
  const ends = lineageOf(model, lease).map((one) => one.expires)
  return Math.min(model.now + (asked ?? 60), ...ends)
}

/** Why a token is refused before anybody asks who presents it; nothing of that is recorded. */
export function whyNotRead(model: Model, token: ModelToken): RefusalCode | undefined {
  return token.expires <= model.now ? 'expired' : undefined
}

/** A person is asked before anything is done; nobody says yes in a run. */
export const ASKED = { verdict: 'approval_required', event: 'approval.requested' } as const

/** What is asked of call tokens. */
export interface MintAsk {
  readonly lease: string
  readonly audience: string
  readonly count: number
  readonly ask: Ask | undefined
  readonly life: number | undefined
  readonly pin: string | undefined
}

/**
 * "It takes a single-use call token from its lease": for one audience, at most the lease and the
 * contracts above it that moved.
 */
export function predictMint(
  model: Model,
  asker: Asker,
  asked: MintAsk,
): Prediction & { readonly made?: Pick<ModelToken, 'terms' | 'expires'> } {
  if (asked.count < 1 || asked.count > 64) return { verdict: 'malformed', event: undefined }
  const event = 'token.minted'
  const standing = whyNotHeld(model, asker, asked.lease)
  if (standing !== undefined) return { verdict: standing, event }
  const lease = leaseOf(model, asked.lease)
  if (!lease.terms.audiences.includes(asked.audience))
    return { verdict: 'audience_mismatch', event }
  const above = [lease.terms, ...movedContracts(model, lease)]
  const all: Ask = { rights: shared(above.map(({ rights }) => rights)) }
  const terms = granted({ ...(asked.ask ?? all), audiences: [asked.audience] }, above)
  if (terms === undefined) return { verdict: 'not_narrower', event }
  const refused = earliest([
    whyNotAttested(model, agentOf(model, asker.name), terms),
    terms.approval && asked.count !== 1 ? 'malformed' : undefined,
    (terms.pinned || terms.approval) && asked.pin === undefined ? 'request_mismatch' : undefined,
  ])
  if (refused !== undefined) return { verdict: refused, event }
  const expires = tokenLife(model, lease, asked.life)
  if (expires === 'not_narrower') return { verdict: expires, event }
  if (terms.approval) return ASKED
  return { verdict: 'allowed', event, made: { terms, expires } }
}

/** One call as it reaches an enforcement point. */
export interface Call {
  readonly audience: string
  readonly right: string
  /** What the call costs at most, as the enforcement point states it. */
  readonly cost?: number | undefined
  /** The signature is of a key nobody knows. */
  readonly forged?: boolean
}

/**
 * The five verbs "in this order, never swapped": parse, verify, confirm, permit, redeem. "A call
 * that is refused keeps its token."
 */
export function predictSpend(
  model: Model,
  asker: Asker,
  token: ModelToken,
  call: Call,
): Prediction {
  const unread = firstStage([
    () => (token.kind === 'call' ? undefined : 'token_kind'),
    () => (call.forged === true ? 'signature_invalid' : undefined),
    () => (token.audience === call.audience ? undefined : 'audience_mismatch'),
    () => whyNotRead(model, token),
  ])
  if (unread !== undefined) return { verdict: unread, event: undefined }
  const refused = firstStage([
    () => (isBoundTo(token, asker) ? undefined : 'holder_binding_failed'),
    () => whyNotPermitted(model, token, call),
    () => whyNotRedeemed(model, token, call),
  ])
  return { verdict: refused ?? 'allowed', event: 'token.redeemed' }
}

/** "permit (scope covers request)", with the pin and the evidence the token carries. */
function whyNotPermitted(model: Model, token: ModelToken, call: Call): RefusalCode | undefined {
  return earliest([
    whyNotAttested(model, token, token.terms),
    token.pin === undefined || token.pin === call.right ? undefined : 'request_mismatch',
    token.terms.rights.includes(call.right) ? undefined : 'scope_not_granted',
    whyNotCovered(token, call.cost),
  ])
}

/**
 * "insert the jti if it is new and no lease of the lineage is revoked, expired or over its limit";
 * "a token minted under an older contract version is judged again at redemption".
 */
function whyNotRedeemed(model: Model, token: ModelToken, call: Call): RefusalCode | undefined {
  const lease = model.leases.get(token.lease)
  if (lease === undefined) return 'not_found'
  return firstStage([
    () => whyEnded(model, lease, [`certificate:${token.certificate}`, `key:${token.key}`]),
    ...movedContracts(model, lease).map(
      (contract) => () => whyNotInContract(model, token, call, contract),
    ),
    () => whyNotCounted(model, lease, call.cost),
    () => (token.spent === 'no' ? undefined : 'token_used'),
    () =>
      lineageOf(model, lease).some((one) => usesLeft(model, one) <= 0)
        ? 'uses_exhausted'
        : undefined,
    () => whyNotAfforded(model, lease, call.cost),
    () => whyNotYet(model, lease),
  ])
}

/** Everything a contract says of one call: evidence, pin, limits, audience, request. */
function whyNotInContract(
  model: Model,
  token: ModelToken,
  call: Call,
  contract: Terms,
): RefusalCode | undefined {
  const covered = contract.audiences.includes(call.audience) && contract.rights.includes(call.right)
  return earliest([
    whyNotAttested(model, token, contract),
    (contract.pinned || contract.approval) && token.pin === undefined
      ? 'request_mismatch'
      : undefined,
    covered ? undefined : 'scope_not_granted',
    contract.approval ? 'approval_required' : undefined,
  ])
}

/** I7 and I11: what a redemption changes. */
export function spend(
  model: Model,
  token: ModelToken,
  { cost, point }: { readonly cost: number | undefined; readonly point: Point },
): void {
  token.spent = 'yes'
  reserve(model, token, cost, point)
  const lease = leaseOf(model, token.lease)
  lease.spent += 1
  countRates(model, lease)
}

/** An enforcement point without a store has to be in good standing itself. */
export function whyNoEnforcement(
  model: Model,
  point: Asker,
  audience?: string,
): RefusalCode | undefined {
  const gate = agentOf(model, point.name)
  const subjects = ['tenant', `agent:${gate.name}`, `principal:${gate.owner}`]
  const effect = effectOn(model, [...subjects, `certificate:${point.certificate}`])
  if (effect !== undefined || audience === undefined) return effect
  return gate.contract.audiences.includes(audience) ? undefined : 'audience_mismatch'
}
