import { describe, expect, it } from 'vitest'
import { cap } from '../../../src/domain/scope/meet.ts'
import type { ScopeRequest } from '../../../src/domain/scope/types.ts'
import { ask, refusedAt as refused, scopeOf } from './documents.ts'

describe('cap, beside the grants', () => {
  const bounds: readonly (readonly [
    Partial<ScopeRequest>,
    Partial<ScopeRequest>,
    object | string,
  ])[] = [
    [{ audiences: ['a', 'b'] }, { audiences: ['b', 'c'] }, { audiences: ['b'] }],
    [{ audiences: ['a'] }, { audiences: ['c'] }, '/audiences'],
    [
      { limits: { ttl_seconds: 9, max_depth: 2 } },
      { limits: { ttl_seconds: 7, max_depth: 3 } },
      { limits: { ttl_seconds: 7, max_depth: 2 } },
    ],
    [
      { limits: { max_uses: 'unlimited' } },
      { limits: { max_uses: 3 } },
      { limits: { max_uses: 3 } },
    ],
    [
      { limits: { max_uses: 3 } },
      { limits: { max_uses: 'unlimited' } },
      { limits: { max_uses: 3 } },
    ],
    [
      { limits: { max_uses: 'unlimited' } },
      { limits: { max_uses: 'unlimited' } },
      { limits: { max_uses: 'unlimited' } },
    ],
    [
      { limits: { max_uses: 2, max_children: 1 } },
      { limits: { max_uses: 3, max_children: 2 } },
      { limits: { max_uses: 2, max_children: 1 } },
    ],
    [
      {
        limits: {
          budgets: [
            { unit: 'A', decimals: 0, amount: 5 },
            { unit: 'B', decimals: 0, amount: 1 },
          ],
        },
      },
      {
        limits: {
          budgets: [
            { unit: 'C', decimals: 1, amount: 1 },
            { unit: 'A', decimals: 0, amount: 3 },
            { unit: 'B', decimals: 0, amount: 2 },
          ],
        },
      },
      {
        limits: {
          budgets: [
            { unit: 'A', decimals: 0, amount: 3 },
            { unit: 'B', decimals: 0, amount: 1 },
            { unit: 'C', decimals: 1, amount: 1 },
          ],
        },
      },
    ],
    [
      { limits: { budgets: [{ unit: 'A', decimals: 0, amount: 5 }] } },
      { limits: { budgets: [{ unit: 'A', decimals: 1, amount: 5 }] } },
      '/limits/budgets',
    ],
    [
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
      {},
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
    ],
    [
      {},
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
    ],
    [
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
      { limits: { rate: { requests: 4, per_seconds: 1 } } },
      { limits: { rate: { requests: 4, per_seconds: 1 } } },
    ],
    [
      { limits: { rate: { requests: 3, per_seconds: 1 } } },
      { limits: { rate: { requests: 4, per_seconds: 1 } } },
      { limits: { rate: { requests: 3, per_seconds: 1 } } },
    ],
    [
      { limits: { rate: { requests: 5, per_seconds: 1 } } },
      { limits: { rate: { requests: 4, per_seconds: 2 } } },
      '/limits/rate',
    ],
    [
      {
        requires: {
          approval: true,
          dpop: true,
          attestation_min: 'warning',
          attestation_max_age_seconds: 9,
        },
      },
      { requires: { bind_request: true, read_only: true, attestation_min: 'affirming' } },
      {
        requires: {
          approval: true,
          attestation_min: 'affirming',
          attestation_max_age_seconds: 9,
          dpop: true,
          bind_request: true,
          read_only: true,
        },
      },
    ],
    [
      { requires: { bind_request: true, read_only: true, attestation_min: 'affirming' } },
      {
        requires: {
          approval: true,
          dpop: true,
          attestation_min: 'warning',
          attestation_max_age_seconds: 9,
        },
      },
      {
        requires: {
          approval: true,
          attestation_min: 'affirming',
          attestation_max_age_seconds: 9,
          dpop: true,
          bind_request: true,
          read_only: true,
        },
      },
    ],
    [
      {},
      {},
      {
        requires: {
          approval: false,
          attestation_min: 'none',
          attestation_max_age_seconds: 'any',
          dpop: false,
          bind_request: false,
          read_only: false,
        },
      },
    ],
    [
      { delegation: { allowed: true, delegates: ['spiffe://a.b/**'] } },
      { delegation: { allowed: true, delegates: ['spiffe://a.b/x', 'spiffe://c.d/y'] } },
      { delegation: { allowed: true, delegates: ['spiffe://a.b/x'] } },
    ],
    [
      { delegation: { allowed: true } },
      { delegation: { allowed: false } },
      { delegation: { allowed: false, delegates: [] } },
    ],
    [
      { delegation: { allowed: false } },
      { delegation: { allowed: true } },
      { delegation: { allowed: false, delegates: [] } },
    ],
  ]
  it.each(bounds)('beside the grants: of %j and %j', (first, second, met) => {
    const granted = cap(ask([]), [scopeOf([], first), scopeOf([], second)])
    if (typeof met === 'string') expect(granted).toEqual(refused(met))
    else expect(granted).toMatchObject({ ok: true, value: met })
  })

  it('what the request names stays, where the two would have nothing in common', () => {
    const asked: ScopeRequest = ask([], {
      audiences: ['b'],
      limits: {
        ttl_seconds: 5,
        budgets: [{ unit: 'A', decimals: 0, amount: 1 }],
        rate: { requests: 1, per_seconds: 1 },
      },
      requires: { approval: true, attestation_min: 'affirming' },
      delegation: { delegates: ['spiffe://a.b/x'] },
    })
    const above = scopeOf([], {
      audiences: ['a', 'b'],
      delegation: { delegates: ['spiffe://a.b/**'] },
    })
    const beside = scopeOf([], {
      audiences: ['b', 'c'],
      delegation: { delegates: ['spiffe://a.b/x', 'spiffe://a.b/y'] },
    })
    expect(cap(asked, [above, beside])).toMatchObject({
      ok: true,
      value: {
        audiences: ['b'],
        limits: { ...above.limits, ...asked.limits },
        requires: { ...above.requires, ...asked.requires },
        delegation: { allowed: false, delegates: ['spiffe://a.b/x'] },
      },
    })
  })

  it('two scopes for no audience are for none together', () => {
    const none = scopeOf([], { audiences: [] })
    expect(cap(ask([]), [none, none])).toMatchObject({ ok: true, value: { audiences: [] } })
    expect(cap(ask([]), [none, scopeOf([])])).toEqual(refused('/audiences'))
    expect(cap(ask([]), [scopeOf([]), none])).toEqual(refused('/audiences'))
  })
})
