import type { CallQuestion, PolicyDecision, PolicyInput, PolicyJudge } from '../domain/policy.ts'
import { bodyMatters, decideBy, inOrder } from './decide.ts'
import { unmet } from './match.ts'
import type { Mode, Place, Rule } from './rule.ts'

/** What one rule had to do with a decision. */
export interface Considered {
  readonly rule: string
  readonly place: Place
  readonly mode: Mode
  readonly matched: boolean
  /** Conditions that do not hold, by name. */
  readonly unmet: readonly string[]
  /** Where the question goes beyond what the rule allows, by itself; pointers into it. */
  readonly beyond: readonly string[]
  readonly decided: boolean
}

/** A decision with what every rule had to do with it, in the order in which they are looked at. */
export interface PolicyExplanation {
  readonly decision: PolicyDecision
  readonly version: string
  readonly considered: readonly Considered[]
}

/**
 * A set of rules that were read without a problem. It never changes: a changed file makes another
 * set. The order of files and of rules in them is of no account.
 */
export class PolicySet implements PolicyJudge {
  /** sha-256 over names and texts of all files, in base64url. */
  readonly version: string
  readonly rules: readonly Rule[]
  readonly asks: PolicyJudge['asks']

  constructor(rules: readonly Rule[], version: string) {
    this.rules = inOrder(rules)
    this.version = version
    this.asks = {
      lineage: rules.some(({ match }) => match.lineage !== undefined),
      code: rules.some(({ match }) => match.agent_binary_hash !== undefined),
      category: rules.some(({ match }) => match.credential_categories !== undefined),
    }
  }

  decide(input: PolicyInput): PolicyDecision {
    return decideBy(this.rules, input)
  }

  needsBody(input: CallQuestion): boolean {
    return bodyMatters(this.rules, input)
  }

  /** The decision, and why each rule did or did not take part in it. */
  explain(input: PolicyInput): PolicyExplanation {
    const decision = this.decide(input)
    const considered = this.rules.map((rule): Considered => {
      const missing = unmet(rule, input)
      const matched = missing.length === 0
      const beyond = matched && rule.allow !== undefined ? decideBy([rule], input).beyond : []
      const { name, place, mode } = rule
      const decided = decision.rules.includes(name)
      return { rule: name, place, mode, matched, unmet: missing, beyond, decided }
    })
    return { decision, version: this.version, considered }
  }
}
