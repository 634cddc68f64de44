import { describe, expect, it } from 'vitest'
import { planGrant } from '../../src/domain/granting.ts'
import { provesWithin } from '../../src/domain/scope/prove.ts'
import type { HttpGrant, Scope, ScopeRequest } from '../../src/domain/scope/types.ts'
import { at, attestation, NOW, outcome, scope } from './samples.ts'

function httpGrant(changed: Partial<HttpGrant> = {}): HttpGrant {
  const [grant] = scope().grants
  if (grant?.type !== 'http') throw new Error('the sample scope has an http grant')
  return { ...grant, ...changed }
}

/** A request that asks for one http grant and mentions only what is changed. */
function asking(changed: Omit<Partial<ScopeRequest>, 'type'> = {}): ScopeRequest {
  return { type: 'urn:writ:scope:v1', grants: [{ type: 'http' }], ...changed }
}

function plan(
  request: ScopeRequest,
  above: Scope = scope(),
  contract: Scope = scope(),
  evidence = attestation(),
) {
  return planGrant({ request, above, holder: { contract, attestation: evidence }, now: NOW })
}

/** The one http grant of what was granted. */
function granted(result: ReturnType<typeof plan>): HttpGrant {
  const [grant] = result.ok ? result.value.grants : []
  if (grant?.type !== 'http') throw new Error('nothing was granted')
  return grant
}

describe('I4: what is granted is within the scope above and within the contract', () => {
  it('what is not mentioned is as wide as above', () => {
    expect(plan(asking())).toEqual({ ok: true, value: scope() })
  })

  it.each([
    ['the scope above', scope({ limits: { max_uses: 7, ttl_seconds: 60 } }), scope()],
    ['the contract', scope(), scope({ limits: { max_uses: 7, ttl_seconds: 60 } })],
    [
      'each where it is tighter',
      scope({ limits: { max_uses: 7 } }),
      scope({ limits: { ttl_seconds: 60 } }),
    ],
  ])('what is not mentioned is no wider than %s', (_sentence, above, contract) => {
    const result = plan(asking(), above, contract)
    expect(result.ok && result.value.limits).toMatchObject({ max_uses: 7, ttl_seconds: 60 })
  })

  it('what is narrower is granted as it was asked', () => {
    const grants = [{ type: 'http', methods: ['GET'], paths: ['/repos/acme'] }] as const
    const limits = { max_uses: 3 }
    const result = plan(asking({ grants, limits }))
    expect(granted(result)).toEqual(httpGrant({ methods: ['GET'], paths: ['/repos/acme'] }))
    expect(result.ok && result.value.limits.max_uses).toBe(3)
  })

  const wider: readonly (readonly [string, Omit<Partial<ScopeRequest>, 'type'>, string])[] = [
    ['a method', { grants: [{ type: 'http', methods: ['DELETE'] }] }, '/grants/0/methods/0'],
    ['a host', { grants: [{ type: 'http', hosts: ['evil.example.com'] }] }, '/grants/0/hosts/0'],
    ['a path', { grants: [{ type: 'http', paths: ['/users/**'] }] }, '/grants/0/paths/0'],
    ['uses', { limits: { max_uses: 101 } }, '/limits/max_uses'],
    ['unlimited uses', { limits: { max_uses: 'unlimited' } }, '/limits/max_uses'],
    ['time', { limits: { ttl_seconds: 3_601 } }, '/limits/ttl_seconds'],
    ['depth', { limits: { max_depth: 4 } }, '/limits/max_depth'],
    ['children', { limits: { max_children: 11 } }, '/limits/max_children'],
    ['an audience', { audiences: ['https://other.example'] }, '/audiences/0'],
    [
      'a delegate',
      { delegation: { delegates: ['spiffe://evil.example/**'] } },
      '/delegation/delegates/0',
    ],
  ]

  it.each(wider)(
    '%s more than allowed is refused, never shortened',
    (_sentence, changed, pointer) => {
      const result = plan(asking(changed))
      expect(outcome(result)).toBe('not_narrower')
      expect(result.ok ? [] : result.refusal.reasons.map((reason) => reason.pointer)).toContain(
        pointer,
      )
    },
  )

  it.each(wider)('%s more than the contract alone allows is refused too', (_sentence, changed) => {
    const wide = scope({
      grants: [
        httpGrant({
          hosts: ['api.example.com', 'evil.example.com'],
          methods: ['GET', 'POST', 'DELETE'],
          paths: ['/**'],
        }),
      ],
      audiences: [...scope().audiences, 'https://other.example'],
      limits: { max_uses: 'unlimited', ttl_seconds: 14_400, max_depth: 16, max_children: 1_000 },
      delegation: { delegates: ['spiffe://acme.example/**', 'spiffe://evil.example/**'] },
    })
    expect(outcome(plan(asking(changed), wide, wide))).toBe('ok')
    expect(outcome(plan(asking(changed), wide, scope()))).toBe('not_narrower')
    expect(outcome(plan(asking(changed), scope(), wide))).toBe('not_narrower')
  })

  it('the second checker agrees with everything that was granted', () => {
    const above = scope({ limits: { max_uses: 50 } })
    const contract = scope({ limits: { ttl_seconds: 900 } })
    const result = plan(asking(), above, contract)
    expect(result.ok && provesWithin(result.value, above)).toBe(true)
    expect(result.ok && provesWithin(result.value, contract)).toBe(true)
  })

  it('a holder whose contract has no grant in common gets nothing', () => {
    const contract = scope({ grants: [httpGrant({ hosts: ['other.example.com'] })] })
    expect(outcome(plan(asking(), scope(), contract))).toBe('not_narrower')
  })
})

describe('a switch that is on above stays on', () => {
  it.each([
    ['read_only', true, false],
    ['bind_request', true, false],
  ] as const)('%s', (name, on, off) => {
    const above = scope({ requires: { [name]: on } })
    const inherited = plan(asking(), above)
    expect(inherited.ok && inherited.value.requires[name]).toBe(true)
    expect(outcome(plan(asking({ requires: { [name]: off } }), above))).toBe('not_narrower')
    const byContract = plan(asking(), scope(), above)
    expect(byContract.ok && byContract.value.requires[name]).toBe(true)
  })
})

describe('the evidence of the one who will hold it is judged', () => {
  const floor = scope({ requires: { attestation_min: 'affirming' } })
  const fresh = scope({ requires: { attestation_max_age_seconds: 60 } })

  it.each([
    ['good enough', floor, attestation({ tier: 'affirming' }), 'ok'],
    ['too weak', floor, attestation({ tier: 'warning' }), 'attestation_too_low'],
    ['fresh enough', fresh, attestation({ at: at(-60) }), 'ok'],
    ['too old', fresh, attestation({ at: at(-61) }), 'attestation_stale'],
  ] as const)('%s', (_sentence, above, evidence, code) => {
    expect(outcome(plan(asking(), above, scope(), evidence))).toBe(code)
    expect(outcome(plan(asking(), scope(), above, evidence))).toBe(code)
  })

  it('also when only the request asks for it', () => {
    const request = asking({ requires: { attestation_min: 'affirming' } })
    expect(outcome(plan(request))).toBe('attestation_too_low')
  })
})
