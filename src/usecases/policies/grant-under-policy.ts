import type { Agent } from '../../domain/agent.ts'
import { planGrant } from '../../domain/granting.ts'
import { FREE_RESPONSE, type GrantQuestion, type PolicyVerdict } from '../../domain/policy.ts'
import { accept, type Result } from '../../domain/result.ts'
import type { Scope, ScopeRequest } from '../../domain/scope/types.ts'
import type { EpochSeconds } from '../../domain/time.ts'
import { askPolicy, type PoliciesToAsk } from './ask-policy.ts'

/** A scope that may be granted, and the verdict behind it. */
export interface PolicyGrant {
  readonly scope: Scope
  readonly verdict: PolicyVerdict
}

/**
 * I4: granted = meet(above, request, contracts, policies), proven again. What is wider than the
 * contract is refused as that, before any policy is asked; then every question given has to be
 * answered with a yes, if of people, and each ceiling bounds what is granted. The verdict is that
 * of all questions together. Refusals: those of `planGrant`, `policy_denied`, `quarantined`.
 */
export function grantUnderPolicy(
  world: PoliciesToAsk,
  input: {
    readonly request: ScopeRequest
    readonly above: Scope
    readonly contracts?: readonly Scope[]
    readonly holder: Pick<Agent, 'contract' | 'attestation'>
    readonly now: EpochSeconds
    readonly questions: readonly Omit<GrantQuestion, 'asked' | 'above'>[]
  },
): Result<PolicyGrant> {
  const { questions, contracts = [], ...plan } = input
  const planned = planGrant({ ...plan, contracts })
  if (!planned.ok) return planned
  const ceilings: Scope[] = []
  const verdicts: PolicyVerdict[] = []
  for (const question of questions) {
    const above = [plan.above, plan.holder.contract, ...contracts, ...ceilings]
    const asked = askPolicy(world, { ...question, asked: plan.request, above })
    if (!asked.ok) return asked
    verdicts.push(asked.value)
    if (asked.value.ceiling !== undefined) ceilings.push(asked.value.ceiling)
  }
  const verdict = allOf(verdicts)
  if (ceilings.length === 0) return accept({ scope: planned.value, verdict })
  const capped = planGrant({ ...plan, contracts: [...contracts, ...ceilings] })
  return capped.ok ? accept({ scope: capped.value, verdict }) : capped
}

/** Every rule is named, everybody who has to be asked is asked; ceilings are the caller's. */
function allOf(verdicts: readonly PolicyVerdict[]): PolicyVerdict {
  const asks = verdicts.find(({ effect }) => effect === 'require_approval')
  const names = verdicts.flatMap(({ policy }) => (policy === '' ? [] : policy.split(' ')))
  return {
    policy: [...new Set(names)].join(' '),
    effect: asks?.effect ?? 'allow',
    asking: [...new Set(verdicts.flatMap(({ asking }) => asking))],
    approvals: Math.max(0, ...verdicts.map(({ approvals }) => approvals)),
    obligations: verdicts[0]?.obligations ?? FREE_RESPONSE,
  }
}
