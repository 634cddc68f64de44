import type { ForeignClaims } from '../../token/foreign.ts'

/**
 * What the claims of a token have to be for one kind of agent. A rule holds when every pattern of
 * `claims` matches and the name of the agent is what `agent` says.
 */
export interface ClaimRule {
  readonly agent: AgentTemplate
  readonly claims: ClaimPatterns
}

/**
 * The name of an agent: a text alone, or with the value of one claim between two texts. `pointer`
 * is the way to the claim, member by member.
 */
export interface AgentTemplate {
  readonly before: string
  readonly pointer: readonly string[] | undefined
  readonly after: string
}

/** Patterns in the shape of the claims: a list is a choice of patterns, a table goes in. */
export interface ClaimPatterns {
  readonly [claim: string]: readonly string[] | ClaimPatterns
}

const DELIMITERS = /([/:])/

/** Whether a rule lets this agent prove itself with these claims. */
export function ruleHolds(rule: ClaimRule, agentName: string, claims: ForeignClaims): boolean {
  return isNamed(rule.agent, agentName, claims) && holdsAll(rule.claims, claims)
}

/**
 * Whether a claim matches a pattern. Both are cut at `/` and `:`; a part that is `*` stands for one
 * part that is not empty, a last `**` for one part or more, and everything else for itself. So a
 * star never reaches across a border that the issuer's own grammar draws. Linear in both.
 */
export function matchesClaim(pattern: string, value: string): boolean {
  const wanted = pattern.split(DELIMITERS)
  const found = value.split(DELIMITERS)
  for (const [index, part] of wanted.entries()) {
    const given = found[index]
    if (given === undefined) return false
    if (part === '**' && index === wanted.length - 1) return given !== ''
    if (part === '*' ? given === '' : part !== given) return false
  }
  return wanted.length === found.length
}

function holdsAll(patterns: ClaimPatterns, claims: ForeignClaims): boolean {
  return Object.entries(patterns).every(([name, wanted]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    if (isChoice(wanted)) {
      const text = textOf(value)
      return text !== undefined && wanted.some((pattern) => matchesClaim(pattern, text))
    }
    return isTable(value) && holdsAll(wanted, value)
  })
}

function isNamed(template: AgentTemplate, agentName: string, claims: ForeignClaims): boolean {
  const { before, pointer, after } = template
  if (pointer === undefined) return agentName === before
  let value: unknown = claims
  for (const step of pointer) {
    value = isTable(value) && Object.hasOwn(value, step) ? value[step] : undefined
  }
  return typeof value === 'string' && value !== '' && agentName === `${before}${value}${after}`
}

/** Issuers write ids as numbers and switches as booleans too; anything else is no text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function isChoice(value: readonly string[] | ClaimPatterns): value is readonly string[] {
  return Array.isArray(value)
}

function isTable(value: unknown): value is ForeignClaims {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
