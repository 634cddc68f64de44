import type {
  CallQuestion,
  GrantQuestion,
  PolicyDecision,
  PolicyInput,
  ResponseObligations,
} from '../domain/policy.ts'
import { FREE_RESPONSE } from '../domain/policy.ts'
import { cap } from '../domain/scope/meet.ts'
import { permits } from '../domain/scope/permit.ts'
import type { Grant, GrantRequest, Scope } from '../domain/scope/types.ts'
import { ceilingOf, together } from './ceiling.ts'
import { unmet } from './match.ts'
import { liesWithin, touches } from './region.ts'
import type { Allowance, Region, Rule } from './rule.ts'

/** Of two rules the one that is looked at first: see `inOrder`. */
const MODE_ORDER = { deny: 0, quarantine: 1, prompt: 2, auto: 3 } as const

/**
 * The one order of rules, whatever files they come from. Deny before quarantine before the rules
 * that allow, which may therefore only lose by one more deny. Among rules that allow the more
 * specific comes first (CDPX-19: certificate, then measured code, then the agent by name, then
 * those of a prefix or tier, then anybody; then the one with more conditions); of two that are as
 * specific, the one that asks people; then the name, of which there is one.
 */
export function inOrder(rules: readonly Rule[]): readonly Rule[] {
  return rules.toSorted(
    (a, b) =>
      stopsFirst(a) - stopsFirst(b) ||
      identityOf(b) - identityOf(a) ||
      Object.keys(b.match).length - Object.keys(a.match).length ||
      MODE_ORDER[a.mode] - MODE_ORDER[b.mode] ||
      (a.name < b.name ? -1 : 1),
  )
}

/**
 * Decides by rules that stand in order. Pure: the same input gets the same answer, and nothing but
 * the input is looked at. What no rule allows is denied.
 */
export function decideBy(rules: readonly Rule[], input: PolicyInput): PolicyDecision {
  const matching = rules.filter((rule) => unmet(rule, input).length === 0)
  const stopped = stoppedBy(matching, input)
  if (stopped !== undefined) return stopped
  const allowing = matching.filter(({ allow }) => allow !== undefined)
  return input.action === 'call' ? decideCall(allowing, input) : decideGrant(allowing, input)
}

/** Whether a rule that would allow a call can not judge it before its body is read. */
export function bodyMatters(rules: readonly Rule[], input: CallQuestion): boolean {
  if (input.request.type !== 'http' || input.request.body !== undefined) return false
  return rules.some(
    (rule) =>
      typeof rule.allow === 'object' &&
      rule.allow.grants.some((grant) => grant.type === 'http' && grant.body !== 'any') &&
      unmet(rule, input).length === 0,
  )
}

/** A deny that matches, or what a rule that allows has taken out of it; then a quarantine. */
function stoppedBy(matching: readonly Rule[], input: PolicyInput): PolicyDecision | undefined {
  const reaches = reachOf(input)
  const denying = matching.find(({ mode, match, allow }) =>
    mode === 'deny'
      ? match.request === undefined || reaches(match.request)
      : typeof allow === 'object' && allow.forbidden !== undefined && reaches(allow.forbidden),
  )
  if (denying !== undefined) return stop('deny', [denying.name])
  const quarantining = matching.find(
    ({ mode, match }) =>
      mode === 'quarantine' && (match.request === undefined || reaches(match.request)),
  )
  return quarantining && stop('quarantine', [quarantining.name])
}

/** A call lies in a region, or one of the grants asked for is good for nothing outside it. */
function reachOf(input: PolicyInput): (region: Region) => boolean {
  if (input.action === 'call') return (region) => touches(region, input.request)
  let granted: readonly Grant[] | undefined
  return (region) => {
    if (granted === undefined) {
      const would = cap(input.asked, input.above)
      granted = would.ok ? would.value.grants : []
    }
    return granted.some((grant) => liesWithin(grant, region))
  }
}

/** The first rule that covers the call decides. */
function decideCall(allowing: readonly Rule[], input: CallQuestion): PolicyDecision {
  const beyond = new Set<string>()
  for (const rule of allowing) {
    const { allow } = rule
    if (allow !== 'contract' && allow !== undefined) {
      const pointers = beyondCall(allow, input)
      for (const pointer of pointers) beyond.add(pointer)
      if (pointers.length > 0) continue
    }
    return allowedBy([rule], input)
  }
  return stop('deny', [], [...beyond])
}

function beyondCall(allow: Allowance, input: CallQuestion): readonly string[] {
  const { request, audience } = input
  if (allow.audiences !== undefined && !allow.audiences.includes(audience)) return ['/audience']
  const permission = permits(ceilingOf(allow, NOTHING), request)
  if (permission.permitted) return []
  return permission.reasons.map(({ pointer }) => `/request${pointer}`)
}

/**
 * Each grant asked for needs a rule that covers it, bounds and all; the first one is its witness.
 * What is granted is bounded by every witness.
 */
function decideGrant(allowing: readonly Rule[], input: GrantQuestion): PolicyDecision {
  const { asked, above } = input
  const [first] = above
  if (first === undefined) return stop('deny', [])
  const able = allowing.filter((rule) => allowsKind(rule, input))
  const beyond = new Set<string>()
  const witnesses = new Set<Rule>()
  const parts: readonly (readonly GrantRequest[])[] =
    asked.grants.length === 0 ? [[]] : asked.grants.map((grant) => [grant])
  for (const [index, grants] of parts.entries()) {
    const witness = able.find((rule) => {
      const ceiling = ceilingOf(rule.allow ?? 'contract', first)
      const met = cap({ ...asked, grants }, [...above, ceiling])
      if (met.ok) return true
      for (const { pointer } of met.refusal.reasons) {
        beyond.add(pointer.replace(/^\/grants\/0/, `/grants/${index}`))
      }
      return false
    })
    if (witness === undefined) return stop('deny', [], [...beyond])
    witnesses.add(witness)
  }
  const used = able.filter((rule) => witnesses.has(rule))
  const ceiling = together(used.map((rule) => ceilingOf(rule.allow ?? 'contract', first)))
  // T-02: witnesses that have nothing in common grant nothing.
  if (ceiling === undefined || !cap(asked, [...above, ceiling]).ok) return stop('deny', [])
  const allowed = allowedBy(used, input)
  // A token that people were asked about says so: it is minted alone, and pinned to its request.
  const asks = input.action === 'token.mint' && allowed.effect === 'require_approval'
  return { ...allowed, ceiling: asks ? withApproval(ceiling) : ceiling }
}

function withApproval(scope: Scope): Scope {
  return { ...scope, requires: { ...scope.requires, approval: true } }
}

/** What is no matter of scopes: whether the rule lets this be delegated or renewed at all. */
function allowsKind({ allow }: Rule, input: GrantQuestion): boolean {
  if (allow === 'contract' || allow === undefined) return true
  const { delegation, renewable, maxRenewals, maxCumulativeSeconds, limits } = allow
  if (input.action === 'delegation.create') {
    return delegation.allowed && input.depth <= (delegation.max_depth ?? 0)
  }
  if (input.action !== 'lease.renew' || input.renewal === undefined) return true
  const { seconds, renewals, grantedSeconds } = input.renewal
  return (
    renewable &&
    renewals <= (maxRenewals ?? renewals) &&
    grantedSeconds <= (maxCumulativeSeconds ?? grantedSeconds) &&
    seconds <= (limits.ttl_seconds ?? seconds)
  )
}

function allowedBy(used: readonly Rule[], input: PolicyInput): PolicyDecision {
  const asking = used.filter((rule) => asksPeople(rule, input))
  const approvals = Math.max(0, ...asking.map(({ approval }) => approval.quorum))
  return {
    effect: asking.length > 0 ? 'require_approval' : 'allow',
    rules: used.map(({ name }) => name),
    asking: used.filter(({ mode }) => mode === 'prompt').map(({ name }) => name),
    approvals,
    obligations: used.reduce<ResponseObligations>(
      (all, { response }) => ({
        store: all.store && response.store,
        log: all.log && response.log,
        model: all.model && response.model,
        reuse: all.reuse && response.reuse,
      }),
      FREE_RESPONSE,
    ),
    beyond: [],
  }
}

/**
 * Whether people have to be asked. A yes to the opening of a tree counts for what is done below it,
 * as long as it was opened under this very rule while it asked: under another, nobody was asked.
 */
function asksPeople({ mode, name, approval, allow }: Rule, input: PolicyInput): boolean {
  if (
    input.action === 'delegation.create' &&
    typeof allow === 'object' &&
    allow.delegation.require_approval_for_delegate === true
  ) {
    return true
  }
  if (mode !== 'prompt' || (input.action === 'call' && input.approved)) return false
  if (approval.on.some((action) => action === input.action)) return true
  return input.action !== 'lease.open' && !input.openedUnder.includes(name)
}

function stop(
  effect: 'deny' | 'quarantine',
  rules: readonly string[],
  beyond: readonly string[] = [],
): PolicyDecision {
  return { effect, rules, asking: [], approvals: 0, obligations: FREE_RESPONSE, beyond }
}

function stopsFirst({ mode }: Rule): number {
  return Math.min(MODE_ORDER[mode], MODE_ORDER.prompt)
}

/** How well a rule knows the agent it is about. */
function identityOf({ match }: Rule): number {
  if (match.agent_certificates !== undefined) return 5
  if (match.agent_binary_hash !== undefined) return 4
  if (match.agents?.every((agent) => !agent.endsWith('/**')) === true) return 3
  if ((match.agents ?? match.attestation_min ?? match.attestation_methods) !== undefined) return 2
  return match.agent_id === undefined ? 0 : 1
}

/** What is above a call that is held against the grants of a rule alone. */
const NOTHING = {
  grants: [],
  audiences: [],
  delegation: { allowed: false, delegates: [] },
} as const
