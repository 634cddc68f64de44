import type { CallQuestion, PolicyInput, PolicyJudge } from '../domain/policy.ts'
import type { Grant, RequestToJudge } from '../domain/scope/types.ts'
import { decideBy } from './decide.ts'
import { unmet } from './match.ts'
import type { Match, Rule } from './rule.ts'

/** Says of one thing nobody knows, by a name of it, how it is in the way that is gone through. */
export type Could = (thing: string) => boolean

/**
 * Judges by rules where not all of an input is known: a rule that fails by conditions alone of
 * which nobody knows whether they held may have matched or not, and a grant that looks into query,
 * body or arguments of a call that is known without them may have covered it or not. Which, `could`
 * says. Rules keep their order.
 */
export function judgePartlyKnown(
  rules: readonly Rule[],
  unknown: (input: PolicyInput) => ReadonlySet<keyof Match>,
  could: Could,
): Pick<PolicyJudge, 'decide'> {
  return {
    decide(input) {
      const mayHold = unknown(input)
      const inForce = rules.flatMap((rule): readonly Rule[] => {
        const failing = unmet(rule, input)
        if (!failing.every((name) => mayHold.has(name))) return []
        if (failing.length > 0 && !could(`${input.action} ${rule.name}`)) return []
        const matching = failing.length === 0 ? rule : without(rule, failing)
        return [input.action === 'call' ? reaching(matching, input, could) : matching]
      })
      return decideBy(inForce, input)
    },
  }
}

function without(rule: Rule, failing: readonly (keyof Match)[]): Rule {
  const left = Object.entries(rule.match).filter(([name]) => !failing.includes(name as keyof Match))
  return { ...rule, match: Object.fromEntries(left) as Match }
}

/** The rule as if its grants did not look at what is not known, or did not cover the call. */
function reaching(rule: Rule, input: CallQuestion, could: Could): Rule {
  const { allow } = rule
  if (typeof allow !== 'object') return rule
  const blind = allow.grants.map((grant) => blindTo(grant, input.request))
  if (blind.every((grant, index) => grant === allow.grants[index])) return rule
  const wider: Rule = { ...rule, allow: { ...allow, grants: blind } }
  const strict = allow.grants.filter((grant, index) => grant === blind[index])
  const narrower: Rule = { ...rule, allow: { ...allow, grants: strict } }
  const matters = reaches(wider, input) && !reaches(narrower, input)
  return matters && could(`request ${rule.name}`) ? wider : narrower
}

function reaches(rule: Rule, input: CallQuestion): boolean {
  return decideBy([rule], input).rules.length > 0
}

/** The very grant, where it does not look at more than is known. */
function blindTo(grant: Grant, request: RequestToJudge): Grant {
  if (grant.type !== request.type) return grant
  if (grant.type === 'tool') {
    const looks = JSON.stringify(grant.arguments) !== JSON.stringify(ANYTHING)
    return looks ? { ...grant, arguments: ANYTHING } : grant
  }
  return grant.query === 'any' && grant.body === 'any'
    ? grant
    : { ...grant, query: 'any', body: 'any' }
}

const ANYTHING = { '*': { constraint_type: 'wildcard' } } as const
