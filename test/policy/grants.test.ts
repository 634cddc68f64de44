import { describe, expect, it } from 'vitest'
import type { AgentUri, PrincipalId } from '../../src/domain/ids.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import { AGENTS, auto, CONTRACT, opening, READ_REPOS, scopeOf, setOf, stops } from './samples.ts'

describe('what policies say of a grant', () => {
  it('CDP-09: what no rule allows is denied', () => {
    const set = setOf(stops('none', 'deny', 'match.users = ["nobody"]'))
    expect(set.decide(opening(scopeOf(['GET'], ['/repos/a'])))).toMatchObject({
      effect: 'deny',
      rules: [],
    })
  })

  it('CDP-39: an allowed grant has a ceiling, and what is granted is within it', () => {
    const decision = setOf(READ_REPOS).decide(opening(scopeOf(['GET'], ['/repos/acme/**'])))
    expect(decision).toMatchObject({ effect: 'allow', rules: ['read-repos'] })
    const { ceiling } = decision
    expect(ceiling?.limits).toMatchObject({ ttl_seconds: 600, max_uses: 100 })
    expect(ceiling?.delegation.allowed).toBe(false)
    expect(ceiling && provesWithin(ceiling, CONTRACT)).toBe(false)
  })

  it('asking for more than a rule allows is denied, and told where', () => {
    const asked = scopeOf(['GET', 'POST'], ['/repos/**'])
    expect(setOf(READ_REPOS).decide(opening(asked))).toMatchObject({
      effect: 'deny',
      beyond: ['/grants/0/methods/1'],
    })
    const long = scopeOf(['GET'], ['/repos/**'], { limits: { ttl_seconds: 3600 } })
    expect(setOf(READ_REPOS).decide(opening(long)).beyond).toEqual(['/limits/ttl_seconds'])
  })

  it('T-02: paths that are all outside the allowed ones are denied, not granted empty', () => {
    const decision = setOf(READ_REPOS).decide(opening(scopeOf(['GET'], ['/user'])))
    expect(decision).toMatchObject({ effect: 'deny', beyond: ['/grants/0/paths/0'] })
    expect(decision).not.toHaveProperty('ceiling')
  })

  it('each grant needs a rule of its own, and is bounded by the rules of all', () => {
    const write = auto('write', AGENTS, [
      '[policy.allow]',
      'hosts = ["api.github.com"]',
      'methods = ["POST"]',
      'paths = ["/repos/*/*/pulls"]',
      'ttl_seconds = 60',
    ])
    const read = scopeOf(['GET'], ['/repos/a/b/pulls'])
    const both = {
      ...read,
      grants: [...read.grants, ...scopeOf(['POST'], ['/repos/a/b/pulls']).grants],
    }
    const decision = setOf(READ_REPOS, write).decide(opening(both))
    expect(decision).toMatchObject({ effect: 'allow', rules: ['read-repos', 'write'] })
    expect(decision.ceiling?.limits).toMatchObject({ ttl_seconds: 60, max_uses: 100 })
    expect(setOf(write).decide(opening(both)).effect).toBe('deny')
  })

  it('allow = "contract" bounds nothing but what the contract bounds', () => {
    const set = setOf(auto('all', AGENTS, ['allow = "contract"']))
    expect(set.decide(opening(scopeOf(['DELETE'], ['/x']))).effect).toBe('allow')
  })

  it('CDPX-20: renewals are bounded in number and in time', () => {
    const set = setOf(
      READ_REPOS.replace(
        'ttl_seconds',
        'max_renewals = 1\nmax_cumulative_ttl_seconds = 900\nttl_seconds',
      ),
    )
    const renew = (renewals: number, grantedSeconds: number, seconds = 300) =>
      set.decide({
        ...opening(scopeOf(['GET'], ['/repos/a'])),
        action: 'lease.renew',
        renewal: { renewals, grantedSeconds, seconds },
      }).effect
    expect(renew(1, 900)).toBe('allow')
    expect(renew(2, 900)).toBe('deny')
    expect(renew(1, 901)).toBe('deny')
    expect(renew(1, 900, 601)).toBe('deny')
    const never = setOf(READ_REPOS.replace('ttl_seconds', 'renewable = false\nttl_seconds'))
    expect(
      never.decide({
        ...opening(scopeOf(['GET'], ['/repos/a'])),
        action: 'lease.renew',
        renewal: { renewals: 1, grantedSeconds: 1, seconds: 1 },
      }).effect,
    ).toBe('deny')
  })

  it('T-07, PROXY-32: only a rule that says so lets a user delegate, how deep and to whom', () => {
    const worker = 'spiffe://writ.test/agent/worker' as AgentUri
    const asked = scopeOf(['GET'], ['/repos/a'])
    const create = (set: ReturnType<typeof setOf>, depth = 1, user = 'alice') =>
      set.decide({
        ...opening(asked),
        action: 'delegation.create',
        delegate: worker,
        depth,
        user: user as PrincipalId,
      }).effect
    expect(create(setOf(READ_REPOS))).toBe('deny')
    const may = READ_REPOS.replace('match.agents', 'match.users = ["alice"]\nmatch.agents').concat(
      'delegation = { allowed = true, max_depth = 1 }\n',
    )
    expect(create(setOf(may))).toBe('allow')
    expect(create(setOf(may), 2)).toBe('deny')
    expect(create(setOf(may), 1, 'bob')).toBe('deny')
    const named = may.replace(
      'match.users',
      'match.delegates = ["spiffe://writ.test/agent/other"]\nmatch.users',
    )
    expect(create(setOf(named))).toBe('deny')
    const asks = may.replace('max_depth = 1', 'max_depth = 1, require_approval_for_delegate = true')
    expect(create(setOf(asks))).toBe('require_approval')
  })
})
