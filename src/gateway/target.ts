import { overridesMethod } from '../admission/method-override.ts'
import { TARGET_CHARACTERS_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { accept, type Result } from '../domain/result.ts'

/** A request target taken apart once; nothing is decoded, repaired or put together again. */
export interface Target {
  /** First segment, when a slash follows it: the name of a route; else empty. */
  readonly route: string
  /** Everything behind it as it came: a slash, the path, perhaps a query. */
  readonly rest: string
}

const ROUTED = /^\/([A-Za-z0-9.-]+)(\/.*)$/s

/**
 * Takes the raw target of a request line apart (RFC 9112 §3.2). Refusals: `too_large`; `malformed`
 * for absolute, authority and asterisk form and for a query that overrides the method. Whether the
 * rest is canonical is for the scope to judge.
 */
export function readTarget(raw: string): Result<Target> {
  if (raw.length > TARGET_CHARACTERS_MAX) return refuse('too_large', { target: raw.length })
  if (!raw.startsWith('/')) return refuse('malformed', { target: 'not in origin form' })
  const [, route = '', rest = raw] = ROUTED.exec(raw) ?? []
  const query = rest.indexOf('?')
  if (query !== -1 && overridesMethod(rest.slice(query + 1))) {
    return refuse('malformed', { target: '_method in the query' })
  }
  return accept({ route, rest })
}
