import { describe, expect, it } from 'vitest'
import { meet } from '../../../src/domain/scope/meet.ts'
import { provesWithin } from '../../../src/domain/scope/prove.ts'
import { within } from '../../../src/domain/scope/subset.ts'
import type { Scope, ScopeRequest } from '../../../src/domain/scope/types.ts'
import { ask, PARENT, scopeOf } from './documents.ts'

const UNCOVERED = 'is not covered by an entry of the parent'
const reason = (pointer: string, detail: string) => ({ pointer, code: 'not_narrower', detail })

describe('beside the grants (18.7 to 18.12), and the second checker', () => {
  const beside: readonly (readonly [
    Partial<ScopeRequest>,
    readonly (readonly [string, string])[],
  ])[] = [
    [{ audiences: ['https://gateway.example:9443/github'] }, []],
    [{ audiences: ['https://gateway.example:9443/github/'] }, [['/audiences/0', UNCOVERED]]],
    [{ limits: {} }, []],
    [{ limits: { ttl_seconds: 600, max_uses: 100, max_depth: 2, max_children: 10 } }, []],
    [{ limits: { ttl_seconds: 1, max_uses: 1, max_depth: 0, max_children: 0 } }, []],
    [{ limits: { ttl_seconds: 601 } }, [['/limits/ttl_seconds', 'the parent has at most 600']]],
    [{ limits: { max_uses: 101 } }, [['/limits/max_uses', 'the parent has at most 100']]],
    [{ limits: { max_uses: 'unlimited' } }, [['/limits/max_uses', 'the parent has at most 100']]],
    [{ limits: { max_depth: 3 } }, [['/limits/max_depth', 'the parent has at most 2']]],
    [{ limits: { max_children: 11 } }, [['/limits/max_children', 'the parent has at most 10']]],
    [{ limits: { budgets: [] } }, [['/limits/budgets', "drops the parent's budget of USD"]]],
    [
      { limits: { budgets: [{ unit: 'usd', decimals: 2, amount: 1 }] } },
      [['/limits/budgets', "drops the parent's budget of USD"]],
    ],
    [
      {
        limits: {
          budgets: [
            { unit: 'EUR', decimals: 0, amount: 9_000 },
            { unit: 'USD', decimals: 2, amount: 500 },
          ],
        },
      },
      [],
    ],
    [
      {
        limits: {
          budgets: [
            { unit: 'EUR', decimals: 0, amount: 1 },
            { unit: 'USD', decimals: 2, amount: 501 },
          ],
        },
      },
      [['/limits/budgets/1', 'the parent has at most 500']],
    ],
    [
      { limits: { budgets: [{ unit: 'USD', decimals: 3, amount: 1 }] } },
      [['/limits/budgets/0', 'the parent counts USD with 2 decimals']],
    ],
    [{ limits: { rate: { requests: 60, per_seconds: 60 } } }, []],
    [{ limits: { rate: { requests: 59, per_seconds: 60 } } }, []],
    [
      { limits: { rate: { requests: 61, per_seconds: 60 } } },
      [['/limits/rate', 'the parent has at most 60 in 60 seconds']],
    ],
    [
      { limits: { rate: { requests: 1, per_seconds: 1 } } },
      [['/limits/rate', 'the parent has at most 60 in 60 seconds']],
    ],
    [
      { limits: { rate: { requests: 1, per_seconds: 3600 } } },
      [['/limits/rate', 'the parent has at most 60 in 60 seconds']],
    ],
    [
      { limits: { rate: 'unlimited' } },
      [['/limits/rate', 'the parent has at most 60 in 60 seconds']],
    ],
    [{ requires: {} }, []],
    [{ requires: { approval: true, dpop: true, bind_request: true, read_only: true } }, []],
    [{ requires: { approval: false, dpop: false, bind_request: false, read_only: false } }, []],
    [{ requires: { attestation_min: 'affirming', attestation_max_age_seconds: 1 } }, []],
    [{ requires: { attestation_min: 'warning', attestation_max_age_seconds: 3600 } }, []],
    [
      { requires: { attestation_min: 'none' } },
      [['/requires/attestation_min', 'the parent asks for warning']],
    ],
    [
      { requires: { attestation_max_age_seconds: 3601 } },
      [['/requires/attestation_max_age_seconds', 'the parent asks for at most 3600 seconds']],
    ],
    [
      { requires: { attestation_max_age_seconds: 'any' } },
      [['/requires/attestation_max_age_seconds', 'the parent asks for at most 3600 seconds']],
    ],
    [{ delegation: { allowed: false } }, []],
    [{ delegation: { allowed: true, delegates: [] } }, []],
    [
      {
        delegation: {
          delegates: ['spiffe://acme.example/agent/a', 'spiffe://acme.example/agent/x/**'],
        },
      },
      [],
    ],
    [
      { delegation: { delegates: ['spiffe://acme.example/agent'] } },
      [['/delegation/delegates/0', UNCOVERED]],
    ],
    [
      { delegation: { delegates: ['spiffe://acme.example/agent/a', 'spiffe://acme.example/**'] } },
      [['/delegation/delegates/1', UNCOVERED]],
    ],
    [
      {
        audiences: ['x'],
        limits: { max_depth: 9, ttl_seconds: 9_000 },
        requires: { attestation_min: 'none' },
      },
      [
        ['/audiences/0', UNCOVERED],
        ['/limits/ttl_seconds', 'the parent has at most 600'],
        ['/limits/max_depth', 'the parent has at most 2'],
        ['/requires/attestation_min', 'the parent asks for warning'],
      ],
    ],
  ]
  it.each(beside)('%j', (members, widened) => {
    const reasons = widened.map(([pointer, detail]) => reason(pointer, detail))
    const expected =
      reasons.length === 0 ? { within: true, witnesses: [] } : { within: false, reasons }
    expect(within(ask([], members), PARENT)).toEqual(expected)
    const met = meet(ask([], members), PARENT)
    expect(met.ok).toBe(reasons.length === 0)
    if (!met.ok) expect(met.refusal).toMatchObject({ code: 'not_narrower', reasons })
    const explicit: Scope = {
      ...PARENT,
      audiences: members.audiences ?? PARENT.audiences,
      limits: { ...PARENT.limits, ...members.limits },
      requires: { ...PARENT.requires, ...members.requires },
      delegation: { ...PARENT.delegation, ...members.delegation },
    }
    expect(provesWithin(explicit, PARENT)).toBe(reasons.length === 0)
  })

  const strict = scopeOf([], {
    limits: { max_uses: 'unlimited' },
    requires: {
      approval: true,
      dpop: true,
      bind_request: true,
      read_only: true,
      attestation_min: 'affirming',
    },
  })
  it.each(['approval', 'dpop', 'bind_request', 'read_only'] as const)(
    '%s is never turned off',
    (name) => {
      expect(within(ask([], { requires: { [name]: false } }), strict)).toEqual({
        within: false,
        reasons: [reason(`/requires/${name}`, 'is required by the parent')],
      })
      expect(within(ask([], { requires: { [name]: true } }), strict).within).toBe(true)
      const off = { ...strict, requires: { ...strict.requires, [name]: false } }
      expect(provesWithin(off, strict)).toBe(false)
      expect(provesWithin(strict, off)).toBe(true)
    },
  )

  it('tops are within tops, and delegation is not turned on', () => {
    const tops = { max_uses: 'unlimited', rate: 'unlimited' } as const
    expect(
      within(ask([], { limits: tops, requires: { attestation_max_age_seconds: 'any' } }), strict)
        .within,
    ).toBe(true)
    expect(within(ask([], { requires: { attestation_min: 'warning' } }), strict).within).toBe(false)
    expect(within(ask([], { delegation: { allowed: true } }), strict)).toEqual({
      within: false,
      reasons: [reason('/delegation/allowed', 'the parent may not be delegated')],
    })
    expect(provesWithin({ ...strict, delegation: { allowed: true, delegates: [] } }, strict)).toBe(
      false,
    )
  })
})
