import { type AgentUri, parseAgentUri } from '../ids.ts'

/** End of a pattern that stands for every agent below a SPIFFE path prefix. */
const BELOW = '/**'

/** A SPIFFE id, or a trust domain or id followed by `/**`. */
export function isDelegatePattern(text: string): boolean {
  const prefix = text.endsWith(BELOW) ? text.slice(0, -BELOW.length) : text
  // Any path below a well-formed prefix is well-formed, so one more segment decides.
  return parseAgentUri(prefix === text ? text : `${prefix}/x`) !== undefined
}

/**
 * Whether a list of patterns names an agent: exactly, or by a prefix of whole path segments, which
 * is always one trust domain. The empty list names nobody.
 */
export function delegateAllowed(patterns: readonly string[], agent: AgentUri): boolean {
  return patterns.some((pattern) => delegateCovers(pattern, agent))
}

/** Whether every agent a child pattern names is named by the parent's. */
export function delegateCovers(parent: string, child: string): boolean {
  if (parent === child) return true
  return parent.endsWith(BELOW) && child.startsWith(parent.slice(0, 1 - BELOW.length))
}
