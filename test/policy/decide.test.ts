import { describe, expect, it } from 'vitest'
import {
  AGENTS,
  ALLOW_ALL,
  auto,
  CERTIFICATE,
  calling,
  FACTS,
  opening,
  prompt,
  READ_REPOS,
  rule,
  scopeOf,
  setOf,
  stops,
} from './samples.ts'

const GET = 'https://api.github.com/repos/acme/x'

describe('which of several rules decides', () => {
  const asked = opening(scopeOf(['GET'], ['/repos/a']))

  it.each<[string, readonly string[], string, readonly string[]]>([
    [
      'deny before all',
      [
        stops('d', 'deny', AGENTS.replace('agents', 'agents')),
        stops('q', 'quarantine', 'match = "any"'),
        prompt('p', 'match = "any"'),
        auto('a', 'match.attestation_min = "warning"'),
      ],
      'deny',
      ['d'],
    ],
    [
      'quarantine before what allows',
      [stops('q', 'quarantine', 'match = "any"'), auto('a', AGENTS)],
      'quarantine',
      ['q'],
    ],
    [
      'the agent by name before anybody (CDP-09)',
      [prompt('p', 'match = "any"'), auto('a', AGENTS)],
      'allow',
      ['a'],
    ],
    [
      'the certificate before the name',
      [prompt('p', `match.agent_certificates = ["${CERTIFICATE}"]`), auto('a', AGENTS)],
      'require_approval',
      ['p'],
    ],
    [
      'of two as specific the one that asks',
      [auto('a', AGENTS), prompt('p', AGENTS)],
      'require_approval',
      ['p'],
    ],
    [
      'the one with more conditions',
      [prompt('p', AGENTS), auto('a', `match.users = ["alice"]\n${AGENTS}`)],
      'allow',
      ['a'],
    ],
    [
      'of two that are alike the first by name',
      [auto('b', AGENTS), auto('a', AGENTS)],
      'allow',
      ['a'],
    ],
    [
      'a more general one where the specific one does not reach',
      [prompt('p', 'match = "any"'), auto('a', AGENTS, ALLOW_ALL.with(3, 'paths = ["/x"]'))],
      'require_approval',
      ['p'],
    ],
  ])('%s', (_what, texts, effect, rules) => {
    for (const order of [texts, texts.toReversed()]) {
      expect(setOf(...order).decide(asked)).toMatchObject({ effect, rules })
    }
  })

  it('CDPX-19: measured code before the name, the name before whoever has only one', () => {
    const hash = 'ab'.repeat(32)
    const measured = `sha-256:${Buffer.from(hash, 'hex').toString('base64url')}`
    const set = setOf(
      prompt('by-id', 'match.agent_id = "planner"'),
      auto('by-hash', `match.agent_binary_hash = "sha256:${hash}"`),
    )
    expect(set.decide(asked)).toMatchObject({ effect: 'require_approval', rules: ['by-id'] })
    const agent = { ...FACTS.agent, measured }
    expect(set.decide({ ...asked, agent })).toMatchObject({ effect: 'allow', rules: ['by-hash'] })
  })
})

describe('a rule for agents by name', () => {
  const set = setOf(prompt('planner', 'match.agent_id = "planner"'))
  const by = (uri: string) => {
    const agent = { ...FACTS.agent, uri: uri as typeof FACTS.agent.uri }
    return set.decide({ ...opening(scopeOf(['GET'], ['/repos/a'])), agent }).effect
  }

  it('counts for ours, and for nobody of that name in another trust domain', () => {
    expect(by('spiffe://acme.example/agent/planner')).toBe('require_approval')
    expect(by('spiffe://partner.example/ns/data/sa/planner')).toBe('deny')
  })
})

describe('what is taken out', () => {
  const forbidding = READ_REPOS.replace(
    'ttl_seconds',
    'forbidden_paths = ["/repos/*/*/keys"]\nttl_seconds',
  )

  it('CDPX-17, CDPX-20: forbidden paths count for every rule that allows', () => {
    const set = setOf(forbidding, prompt('all', 'match = "any"'))
    const keys = calling('GET', 'https://api.github.com/repos/a/b/keys', { openedUnder: ['all'] })
    expect(set.decide(keys)).toMatchObject({ effect: 'deny', rules: ['read-repos'] })
    expect(set.decide(calling('GET', GET)).effect).toBe('allow')
    expect(set.decide(opening(scopeOf(['GET'], ['/repos/a/b/keys']))).effect).toBe('deny')
    expect(set.decide(opening(scopeOf(['GET'], ['/repos/**']))).effect).toBe('allow')
  })

  it('CDPX-20: a rule on bodies needs the body, and judges it', () => {
    const set = setOf(
      auto('json', AGENTS, [
        ...ALLOW_ALL,
        'body_constraints.forbidden_fields = ["admin"]',
        'body_constraints.max_size_bytes = 100',
        'body_constraints.allowed_content_types = ["application/json"]',
      ]),
    )
    const post = calling('POST', GET)
    expect(set.needsBody(post)).toBe(true)
    expect(set.decide(post).effect).toBe('deny')
    const withBody = (text: string) =>
      set.decide({
        ...post,
        request: {
          type: 'http',
          method: 'POST',
          target: GET,
          body: { media_type: 'application/json', bytes: text.length, text },
        },
      }).effect
    expect(withBody('{"title":"x"}')).toBe('allow')
    expect(withBody('{"deep":{"ADMIN":true}}')).toBe('deny')
    expect(withBody(JSON.stringify({ title: 'x'.repeat(100) }))).toBe('deny')
  })

  it('a deny on a part of all requests denies it there, also misspelled, and nothing else', () => {
    const set = setOf(
      auto('all', AGENTS),
      stops(
        'no-admin',
        'deny',
        'match.request = { hosts = ["api.github.com"], paths = ["/admin/**"] }',
      ),
    )
    const of = (path: string) => set.decide(calling('GET', `https://api.github.com${path}`)).rules
    expect(of('/admin/x')).toEqual(['no-admin'])
    expect(of('/%61dmin/x')).toEqual(['no-admin'])
    expect(of('/repos/x')).toEqual(['all'])
    expect(set.decide(opening(scopeOf(['GET'], ['/admin/keys']))).rules).toEqual(['no-admin'])
  })
})

describe('approval', () => {
  it('PROXY-36: a yes to a tree counts below it, and only under the rule that asked', () => {
    const set = setOf(
      rule('p', ['match = "any"', 'approval = { mode = "prompt", quorum = 2 }', ...ALLOW_ALL]),
    )
    const asked = opening(scopeOf(['GET'], ['/repos/a']))
    expect(set.decide(asked)).toMatchObject({ effect: 'require_approval', approvals: 2 })
    expect(set.decide(calling('GET', GET)).effect).toBe('require_approval')
    expect(set.decide(calling('GET', GET, { openedUnder: ['q'] })).effect).toBe('require_approval')
    expect(set.decide(calling('GET', GET, { openedUnder: ['p'] })).effect).toBe('allow')
    expect(set.decide({ ...asked, openedUnder: ['p'] }).effect).toBe('require_approval')
  })

  it('is asked for each token where a rule says so', () => {
    const set = setOf(
      rule('p', [
        'match = "any"',
        'approval = { mode = "prompt", on = ["token.mint"] }',
        ...ALLOW_ALL,
      ]),
    )
    const asked = opening(scopeOf(['GET'], ['/repos/a']))
    expect(set.decide(asked).effect).toBe('allow')
    const mint = { ...asked, action: 'token.mint', openedUnder: ['p'] } as const
    expect(set.decide(mint).effect).toBe('require_approval')
  })

  it('PROXY-37: labels on a response come from every rule that decides', () => {
    const set = setOf(
      READ_REPOS.replace('[policy.allow]', 'response = { model = false }\n[policy.allow]'),
    )
    expect(set.decide(calling('GET', GET)).obligations).toEqual({
      store: true,
      log: true,
      model: false,
      reuse: true,
    })
  })
})

describe('an explanation', () => {
  it('says of each rule whether it matched, why not, and where the question goes beyond it', () => {
    const set = setOf(READ_REPOS, stops('bob', 'deny', 'match.users = ["bob"]'))
    const told = set.explain(calling('POST', GET))
    expect(told.decision.effect).toBe('deny')
    expect(told.considered).toEqual([
      {
        rule: 'bob',
        place: { file: '1.toml', line: 1 },
        mode: 'deny',
        matched: false,
        unmet: ['users'],
        beyond: [],
        decided: false,
      },
      {
        rule: 'read-repos',
        place: { file: '0.toml', line: 1 },
        mode: 'auto',
        matched: true,
        unmet: [],
        beyond: ['/request/method'],
        decided: false,
      },
    ])
  })
})
