import { describe, expect, it } from 'vitest'
import { meet } from '../../../src/domain/scope/meet.ts'
import { ask, httpGrant, PARENT, scopeOf } from './documents.ts'

describe('meet', () => {
  it('takes what is not said from the witness and from the parent', () => {
    const parent = scopeOf([
      httpGrant({ methods: ['PUT'] }),
      httpGrant({ methods: ['GET', 'HEAD'] }),
    ])
    expect(
      meet(ask([{ type: 'http', methods: ['GET'] }], { limits: { max_uses: 7 } }), parent),
    ).toEqual({
      ok: true,
      value: {
        ...parent,
        grants: [httpGrant({ methods: ['GET'] })],
        limits: { ...parent.limits, max_uses: 7 },
      },
    })
  })

  it('refuses what is wider, and shortens nothing', () => {
    expect(meet(ask([{ type: 'http', ports: [443, 80] }]), PARENT)).toEqual({
      ok: false,
      refusal: {
        code: 'not_narrower',
        facts: { ceiling: 0 },
        reasons: [
          {
            pointer: '/grants/0/ports/1',
            code: 'not_narrower',
            detail: 'is not covered by an entry of the parent',
          },
        ],
      },
    })
  })

  it('refuses what would not fit a token', () => {
    const hosts = Array.from({ length: 40 }, (_, i) => `host-number-${i}.some-domain.example`)
    const parent = scopeOf([httpGrant({ hosts })])
    expect(meet(ask([{ type: 'http' }, { type: 'http' }]), parent).ok).toBe(true)
    const four = ask([{ type: 'http' }, { type: 'http' }, { type: 'http' }, { type: 'http' }])
    expect(meet(four, parent)).toEqual({
      ok: false,
      refusal: { code: 'too_large', facts: { bytes_max: 5120 }, reasons: [] },
    })
  })
})
