import type { AgentUri, CertificateThumbprint, PrincipalId } from '../../src/domain/ids.ts'
import type { CallQuestion, GrantQuestion, PolicyFacts } from '../../src/domain/policy.ts'
import { completeRoot } from '../../src/domain/scope/complete.ts'
import { parseScopeRequest } from '../../src/domain/scope/parse.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../src/domain/scope/types.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { readPolicySet } from '../../src/policy/read-set.ts'
import type { PolicySet } from '../../src/policy/set.ts'

/** A thumbprint of the right form. */
export const CERTIFICATE = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as CertificateThumbprint
/** Who asks unless a test says otherwise. */
export const PLANNER = 'spiffe://writ.test/agent/planner' as AgentUri
/** Where calls go. */
export const RESOURCE = 'https://gateway.example:9443/github'
/** A Wednesday, noon in UTC. */
export const NOON = epochSeconds(Date.UTC(2026, 0, 7, 12) / 1000)

/** The set these texts make, each a file of its own; a problem is a mistake of the test. */
export function setOf(...texts: readonly string[]): PolicySet {
  const read = readPolicySet(texts.map((text, index) => ({ name: `${index}.toml`, text })))
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.set
}

/** What is known of every question of a test. */
export const FACTS: PolicyFacts = {
  at: NOON,
  user: 'alice' as PrincipalId,
  agent: { uri: PLANNER, certificate: CERTIFICATE, tier: 'warning', method: 'mtls' },
  depth: 0,
  holders: [PLANNER],
  context: {},
  openedUnder: [],
}

/** A contract over api.github.com with everything a test asks for. */
export const CONTRACT: Scope = completeRoot({
  type: SCOPE_TYPE,
  grants: [
    {
      type: 'http',
      hosts: ['api.github.com', 'github.com'],
      methods: ['GET', 'POST', 'DELETE'],
      paths: ['/**'],
    },
  ],
  audiences: [RESOURCE],
  limits: { ttl_seconds: 3600, max_uses: 1000, max_depth: 4, max_children: 10 },
  delegation: { allowed: true, delegates: ['spiffe://writ.test/agent/**'] },
})

/** A scope of one grant on api.github.com. */
export function scopeOf(
  methods: readonly string[],
  paths: readonly string[],
  more: Omit<ScopeRequest, 'type' | 'grants'> = {},
): ScopeRequest {
  const grants = [{ type: 'http', hosts: ['api.github.com'], methods, paths }]
  const read = parseScopeRequest({ type: SCOPE_TYPE, grants, ...more })
  if (!read.ok) throw new Error(read.detail)
  return read.value
}

/** The question whether a root lease may be opened. */
export function opening(asked: ScopeRequest, facts: Partial<GrantQuestion> = {}): GrantQuestion {
  return { ...FACTS, action: 'lease.open', asked, above: [CONTRACT], ...facts }
}

/** The question whether a call may go. */
export function calling(
  method: string,
  target: string,
  facts: Partial<CallQuestion> = {},
): CallQuestion {
  const request = { type: 'http', method, target } as const
  return { ...FACTS, action: 'call', audience: RESOURCE, approved: false, request, ...facts }
}

/** One rule as text; members are TOML lines. */
export function rule(name: string, lines: readonly string[]): string {
  return ['[[policy]]', `name = "${name}"`, ...lines, ''].join('\n')
}

/** A rule that lets the planner read everything of the repositories. */
export const READ_REPOS = rule('read-repos', [
  'match.agents = ["spiffe://writ.test/agent/planner"]',
  'approval.mode = "auto"',
  '[policy.allow]',
  'hosts = ["api.github.com"]',
  'methods = ["GET"]',
  'paths = ["/repos/**"]',
  'ttl_seconds = 600',
  'max_requests = 100',
])

/** The condition of rules about the planner by its name. */
export const AGENTS = `match.agents = ["${PLANNER}"]`

/** Everything on api.github.com that is read or posted. */
export const ALLOW_ALL: readonly string[] = [
  '[policy.allow]',
  'hosts = ["api.github.com"]',
  'methods = ["GET", "POST"]',
  'paths = ["/**"]',
]

/** A rule that allows without asking. */
export function auto(name: string, match: string, allow = ALLOW_ALL): string {
  return rule(name, [match, 'approval.mode = "auto"', ...allow])
}

/** A rule that allows what people say yes to. */
export function prompt(name: string, match: string, allow = ALLOW_ALL): string {
  return rule(name, [match, 'approval.mode = "prompt"', ...allow])
}

/** A rule that refuses. */
export function stops(name: string, mode: 'deny' | 'quarantine', match: string): string {
  return rule(name, [match, `approval.mode = "${mode}"`])
}
