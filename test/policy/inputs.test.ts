import { describe, expect, it } from 'vitest'
import type { LeaseId } from '../../src/domain/ids.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import {
  AGENTS,
  auto,
  CERTIFICATE,
  calling,
  FACTS,
  opening,
  PLANNER,
  prompt,
  READ_REPOS,
  RESOURCE,
  rule,
  scopeOf,
  setOf,
  stops,
} from './samples.ts'

const GET = 'https://api.github.com/repos/acme/x'

describe('PROXY-09, PROXY-41: each input counts, and what is not known matches nothing', () => {
  const call = calling('GET', GET)
  const root = 'lease_AAAAAAAAAAAAAAAAAAAAAA' as LeaseId

  it.each<[string, string, object, object]>([
    ['user', 'users = ["alice"]', {}, { user: 'bob' }],
    [
      'agent',
      'agents = ["spiffe://writ.test/agent/planner"]',
      {},
      { agent: { ...FACTS.agent, uri: 'spiffe://writ.test/agent/x' } },
    ],
    ['certificate', `agent_certificates = ["${CERTIFICATE}"]`, {}, { agent: { uri: PLANNER } }],
    ['tier', 'attestation_min = "warning"', {}, { agent: { ...FACTS.agent, tier: 'none' } }],
    ['method of attestation', 'attestation_methods = ["mtls"]', {}, { agent: { uri: PLANNER } }],
    ['depth', 'max_depth = 1', { depth: 1 }, { depth: 2 }],
    [
      'lineage',
      'lineage = ["spiffe://writ.test/agent/**"]',
      {},
      { holders: [PLANNER, 'spiffe://other.test/agent/x'] },
    ],
    ['project', 'projects = ["apollo"]', { context: { project: 'apollo' } }, {}],
    [
      'workspace',
      'workspaces = ["w1"]',
      { context: { workspace: 'w1' } },
      { context: { workspace: 'w2' } },
    ],
    [
      'environment',
      'environments = ["production"]',
      { context: { environment: 'production' } },
      {},
    ],
    ['session', `sessions = ["${root}"]`, { context: { session: root } }, {}],
    [
      'credential',
      'credential_ref = "github"',
      { credential: { name: 'github' } },
      { credential: { name: 'stripe' } },
    ],
    [
      'category of the credential',
      'credential_categories = ["api_key"]',
      { credential: { name: 'x', category: 'api_key' } },
      { credential: { name: 'x' } },
    ],
    ['audience', `audiences = ["${RESOURCE}"]`, {}, { audience: 'https://other.example' }],
    [
      'address',
      'addresses = ["10.0.0.0/8", "2001:db8::/32"]',
      { address: '::ffff:10.1.2.3' },
      { address: '11.1.2.3' },
    ],
    ['action', 'actions = ["call"]', {}, opening(scopeOf(['GET'], ['/repos/a']))],
    ['day', 'time.days = ["wed"]', {}, { at: FACTS.at + 86_400 }],
    ['hour', 'time = { from = "09:00", to = "17:00" }', {}, { at: FACTS.at + 5 * 3600 }],
    ['hour, over midnight', 'time = { from = "22:00", to = "13:00" }', {}, { at: FACTS.at + 3600 }],
  ])('%s', (_what, match, yes, no) => {
    const set = setOf(prompt('p', `match.${match}`))
    const openedUnder = ['p']
    const good = { ...call, ...yes, openedUnder } as typeof call
    expect(set.decide(good).effect).toBe('allow')
    const bad = { ...call, ...no, openedUnder } as typeof call
    expect(set.decide(bad).effect).toBe('deny')
  })

  it('a window over midnight belongs to the day on which it begins', () => {
    const set = setOf(prompt('p', 'match.time = { days = ["wed"], from = "22:00", to = "02:00" }'))
    const at = (day: number, hour: number) =>
      set.decide({
        ...call,
        at: epochSeconds(Date.UTC(2026, 0, day, hour) / 1000),
        openedUnder: ['p'],
      }).effect
    expect([at(7, 23), at(8, 1), at(8, 23), at(7, 1)]).toEqual(['allow', 'allow', 'deny', 'deny'])
  })

  it('CDP-38: a credential is asked about when the call comes; a lease can not know it', () => {
    const set = setOf(
      READ_REPOS.replace('match.agents', 'match.credential_ref = "github_api"\nmatch.agents'),
    )
    expect(set.decide(opening(scopeOf(['GET'], ['/repos/a']))).effect).toBe('allow')
    expect(set.decide(call).effect).toBe('deny')
    expect(set.decide({ ...call, credential: { name: 'github_api' } }).effect).toBe('allow')
  })

  it('PROXY-34: scheme, host, port, method and path of a call have to be allowed', () => {
    const set = setOf(READ_REPOS)
    for (const [method, target, effect] of [
      ['GET', GET, 'allow'],
      ['POST', GET, 'deny'],
      ['GET', 'http://api.github.com/repos/acme/x', 'deny'],
      ['GET', 'https://api.github.com:8443/repos/acme/x', 'deny'],
      ['GET', 'https://evil.example/repos/acme/x', 'deny'],
      ['GET', 'https://api.github.com/user', 'deny'],
      ['GET', 'https://api.github.com/repos/../user', 'deny'],
    ] as const) {
      expect(set.decide(calling(method, target)).effect, `${method} ${target}`).toBe(effect)
    }
  })

  it('PROXY-08: tools and their arguments are allowed one by one', () => {
    const set = setOf(
      auto('tools', AGENTS, [
        '[[policy.allow.grants]]',
        'type = "tool"',
        'server = "https://mcp.example/mcp"',
        'tool = "search"',
        'arguments = { limit = { constraint_type = "range", max = 50 } }',
      ]),
      stops('no-delete', 'deny', 'match.request = { tools = ["delete"] }'),
    )
    const tool = (name: string, limit: number) =>
      set.decide({
        ...calling('GET', GET),
        request: {
          type: 'tool',
          server: 'https://mcp.example/mcp',
          tool: name,
          arguments: { limit },
        },
      })
    expect(tool('search', 50).effect).toBe('allow')
    expect(tool('search', 51).effect).toBe('deny')
    expect(tool('delete', 1)).toMatchObject({ effect: 'deny', rules: ['no-delete'] })
  })
})

describe('rules about addresses', () => {
  const AT = (mode: string) =>
    rule('office', [
      'match.addresses = ["10.0.0.0/8"]',
      `approval.mode = "${mode}"`,
      ...(mode === 'auto' ? ['match.attestation_min = "warning"', 'allow = "contract"'] : []),
    ])
  const ask = (text: string, address?: string) =>
    setOf(READ_REPOS, text).decide(
      calling('DELETE', 'https://api.github.com/user', address === undefined ? {} : { address }),
    ).rules

  it('a rule that allows some addresses allows no call from nobody knows where', () => {
    expect(ask(AT('auto'), '10.1.2.3')).toEqual(['office'])
    expect(ask(AT('auto'), '::ffff:10.1.2.3')).toEqual(['office'])
    expect(ask(AT('auto'), '192.0.2.1')).toEqual([])
    expect(ask(AT('auto'))).toEqual([])
  })

  it.each(['deny', 'quarantine'])('a rule with mode %s stops those it can not place', (mode) => {
    expect(ask(AT(mode), '10.1.2.3')).toEqual(['office'])
    expect(ask(AT(mode), '192.0.2.1')).toEqual([])
    expect(ask(AT(mode))).toEqual(['office'])
    expect(ask(AT(mode), 'somewhere')).toEqual(['office'])
  })

  it('a grant has no address: rules that stop some are about calls', () => {
    const asked = opening(scopeOf(['GET'], ['/repos/**']))
    expect(setOf(READ_REPOS, AT('deny')).decide(asked).effect).toBe('allow')
  })
})
