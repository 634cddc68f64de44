import { describe, expect, it } from 'vitest'
import { completeContract } from '../../src/domain/contract.ts'
import { LEASE_DEPTH_DEFAULT } from '../../src/domain/limits.ts'
import { SCOPE_TYPE, type Scope, type ScopeRequest } from '../../src/domain/scope/types.ts'

const NOTHING: ScopeRequest = { type: SCOPE_TYPE, grants: [] }
const DELEGATES = ['spiffe://acme.example/agent/**']

function granted(contract: ScopeRequest): Scope {
  const completed = completeContract(contract)
  if (!completed.ok) throw new Error(completed.refusal.code)
  return completed.value
}

it('a grant that says nowhere is refused, not completed to nothing', () => {
  const grants = [{ type: 'http', hosts: ['api.example.com'] }] as const
  expect(completeContract({ ...NOTHING, grants })).toMatchObject({
    refusal: { code: 'malformed', reasons: [{ pointer: '/contract/grants/0/paths' }] },
  })
})

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
    const contract = granted({ ...NOTHING, ...members })
    expect(contract.limits.max_depth).toBe(depth)
    expect(contract.grants).toEqual([])
  })

  it('is the only thing it adds', () => {
    const delegation = { allowed: true, delegates: DELEGATES }
    const { limits, ...rest } = granted({ ...NOTHING, delegation })
    const { limits: plain, ...without } = granted(NOTHING)
    expect({ ...limits, max_depth: 0 }).toEqual(plain)
    expect(rest).toEqual({ ...without, delegation })
  })
})
