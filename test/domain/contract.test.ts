import { describe, expect, it } from 'vitest'
import { completeContract } from '../../src/domain/contract.ts'
import { LEASE_DEPTH_DEFAULT } from '../../src/domain/limits.ts'
import { SCOPE_TYPE, type ScopeRequest } from '../../src/domain/scope/types.ts'

const NOTHING: ScopeRequest = { type: SCOPE_TYPE, grants: [] }
const DELEGATES = ['spiffe://acme.example/agent/**']

describe('the depth a contract allows', () => {
  it.each<[string, Partial<ScopeRequest>, number]>([
    ['no delegation', {}, 0],
    ['no delegation, said so', { delegation: { allowed: false, delegates: DELEGATES } }, 0],
    ['delegation', { delegation: { allowed: true, delegates: DELEGATES } }, LEASE_DEPTH_DEFAULT],
    [
      'delegation, one deep',
      { delegation: { allowed: true, delegates: DELEGATES }, limits: { max_depth: 1 } },
      1,
    ],
    [
      'delegation, none deep',
      { delegation: { allowed: true, delegates: DELEGATES }, limits: { max_depth: 0 } },
      0,
    ],
  ])('%s', (_what, members, depth) => {
    const contract = completeContract({ ...NOTHING, ...members })
    expect(contract.limits.max_depth).toBe(depth)
    expect(contract.grants).toEqual([])
  })

  it('is the only thing it adds', () => {
    const delegation = { allowed: true, delegates: DELEGATES }
    const { limits, ...rest } = completeContract({ ...NOTHING, delegation })
    const { limits: plain, ...without } = completeContract(NOTHING)
    expect({ ...limits, max_depth: 0 }).toEqual(plain)
    expect(rest).toEqual({ ...without, delegation })
  })
})
