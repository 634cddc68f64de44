import { describe, expect, it } from 'vitest'
import { check, type Violations } from './checker.ts'
import type { FinalLease, FinalRecord, FinalState, Op } from './history.ts'

const NONE: Violations = { I7: [], I9: [], I11: [], lost: [], audit: [] }

let requests = 0

function op(change: Partial<Op> & Pick<Op, 'kind'>): Op {
  requests += 1
  return {
    process: 0,
    invoked: 10,
    answered: 20,
    outcome: 'ok',
    request: `req_${requests}`,
    lineage: ['root', 'leaf'],
    ...change,
  }
}

function record(of: Op, change: Partial<FinalRecord> = {}): FinalRecord {
  const event = of.kind === 'present' ? 'token.redeemed' : of.kind
  const { request = '', jti = null } = of
  return { event, outcome: of.code ?? 'allowed', request, lease: 'leaf', jti, ...change }
}

function lease(change: Partial<FinalLease> = {}): FinalLease {
  const lineage = ['root', 'leaf']
  return { lineage, state: 'live', usesSpent: 0, maxUses: null, expiresAt: 900, ...change }
}

function final(change: Partial<FinalState> = {}): FinalState {
  return {
    leases: new Map([
      ['root', lease({ lineage: ['root'] })],
      ['leaf', lease()],
    ]),
    revocations: new Map(),
    records: [],
    auditProblem: null,
    reached: new Map(),
    ...change,
  }
}

/** A deployment that did one call rightly, for the cases that break one thing. */
function oneCall(): { call: Op; state: FinalState } {
  const call = op({ kind: 'present', jti: 'a' })
  const leases = new Map([
    ['root', lease({ lineage: ['root'], usesSpent: 1 })],
    ['leaf', lease({ usesSpent: 1 })],
  ])
  const state = final({ records: [record(call)], reached: new Map([['a', 1]]), leases })
  return { call, state }
}

describe('the checker of histories', () => {
  it('finds nothing in a call that was answered, recorded, counted and forwarded once', () => {
    const { call, state } = oneCall()
    expect(check([call], state)).toEqual(NONE)
  })

  it('I7: finds a token that was answered twice, recorded twice, or reached the upstream twice', () => {
    const { call, state } = oneCall()
    const again = op({ kind: 'present', jti: 'a' })
    expect(check([call, again], state).I7).toEqual(['a was answered as spent 2 times'])
    const records = [record(call), record(again)]
    expect(check([call], { ...state, records }).I7).toEqual(['a is recorded as spent 2 times'])
    const reached = new Map([['a', 2]])
    expect(check([call], { ...state, reached }).I7).toEqual(['a reached the upstream 2 times'])
  })

  it('I7: finds a refusal that came with a receipt beside a success', () => {
    const { call, state } = oneCall()
    const cut = op({
      kind: 'present',
      jti: 'a',
      outcome: 'refused',
      code: 'revoked',
      receipt: true,
    })
    expect(check([call, cut], state).I7).toHaveLength(1)
  })

  it('I7: finds what reached the upstream without a record', () => {
    const reached = new Map([['ghost', 1]])
    expect(check([], final({ reached })).I7).toHaveLength(1)
  })

  it.each(['present', 'mint', 'delegate', 'redeem', 'renew'] as const)(
    'I9: finds a %s that began after the revocation above it was answered',
    (kind) => {
      const revoke = op({ kind: 'revoke', lineage: ['root'], answered: 20 })
      const late = op({ kind, invoked: 21, answered: 30 })
      expect(check([revoke, late], final()).I9).toHaveLength(1)
      const overlapping = op({ kind, invoked: 19, answered: 30 })
      expect(check([revoke, overlapping], final()).I9).toEqual([])
      const elsewhere = op({ kind, invoked: 21, answered: 30, lineage: ['other'] })
      expect(check([revoke, elsewhere], final()).I9).toEqual([])
      const unanswered = op({ kind: 'revoke', lineage: ['root'], outcome: 'unknown' })
      expect(check([unanswered, late], final()).I9).toEqual([])
    },
  )

  it('I9: finds a call that was cut, yet spent its token after the revocation', () => {
    const revoke = op({ kind: 'revoke', lineage: ['root'], answered: 20 })
    const cut = { kind: 'present', jti: 'a', outcome: 'refused', code: 'revoked' } as const
    const late = op({ ...cut, invoked: 21, receipt: true })
    expect(check([revoke, late], final()).I9).toHaveLength(1)
    const silent = op({ ...cut, invoked: 21 })
    expect(check([revoke, silent], final()).I9).toEqual([])
    const records = [record(silent, { outcome: 'allowed' })]
    expect(check([revoke, silent], final({ records })).I9).toHaveLength(1)
  })

  it('I9: finds a lost answer of a token that can only have been spent after the revocation', () => {
    const revoke = op({ kind: 'revoke', lineage: ['root'], answered: 20 })
    const asked = { kind: 'present', jti: 'a', outcome: 'unknown', answered: Infinity } as const
    const late = op({ ...asked, invoked: 21, request: undefined })
    const early = op({ ...asked, invoked: 19, request: undefined })
    const records = [record(op({ kind: 'present', jti: 'a' }))]
    expect(check([revoke, late], final({ records })).I9).toHaveLength(1)
    expect(check([revoke, early, late], final({ records })).I9).toEqual([])
    expect(check([revoke, late], final()).I9).toEqual([])
  })

  it('I9: finds a success under a suspension, and forgives it once lifting had begun', () => {
    const suspend = op({ kind: 'suspend', lineage: ['root'], invoked: 10, answered: 20 })
    const lift = op({ kind: 'lift', lineage: ['root'], invoked: 40, outcome: 'unknown' })
    const within = op({ kind: 'mint', invoked: 25, answered: 30 })
    const across = op({ kind: 'mint', invoked: 25, answered: 41 })
    expect(check([suspend, lift, within], final()).I9).toHaveLength(1)
    expect(check([suspend, lift, across], final()).I9).toEqual([])
  })

  it('I11: finds a lease below which more is recorded than it has, lost answers included', () => {
    const calls = ['a', 'b'].map((jti) => op({ kind: 'present', jti, outcome: 'unknown' }))
    const leases = new Map([
      ['root', lease({ lineage: ['root'], maxUses: 1, usesSpent: 2 })],
      ['leaf', lease({ usesSpent: 2 })],
    ])
    const records = calls.map((call) => record(call))
    expect(check(calls, final({ leases, records })).I11).toEqual(['2 uses below root, which has 1'])
  })

  it('I11: finds a count that is not what was spent', () => {
    const { call, state } = oneCall()
    const leases = new Map([...state.leases, ['leaf', lease({ usesSpent: 0 })]] as const)
    expect(check([call], { ...state, leases }).I11).toEqual(['leaf counts 0 uses, the trail 1'])
  })

  it('finds acknowledged births, spends, revocations, releases and renewals that are not there', () => {
    const ops = [
      op({ kind: 'open', born: ['gone'] }),
      op({ kind: 'redeem', born: ['other', 'leaf'] }),
      op({ kind: 'present', jti: 'lost' }),
      op({ kind: 'revoke' }),
      op({ kind: 'release' }),
      op({ kind: 'renew', expiresAt: 901 }),
    ]
    expect(check(ops, final()).lost).toEqual([
      'the lease gone is not there as it was born',
      'the lease leaf is not there as it was born',
      'the spend of lost is not there',
      'the revocation of leaf is not there',
      'the release of leaf is not there',
      'the renewal of leaf is not there',
    ])
    const unknown = ops.map((one) => ({ ...one, outcome: 'unknown' as const }))
    expect(check(unknown, final()).lost).toEqual([])
  })

  it('finds a receipt that was denied after the spend had been answered', () => {
    const { call, state } = oneCall()
    const asked = { kind: 'receipt', jti: 'a', outcome: 'refused', code: 'not_found' } as const
    expect(check([call, op({ ...asked, invoked: 30 })], state).lost).toHaveLength(1)
    expect(check([call, op({ ...asked, invoked: 15 })], state).lost).toEqual([])
  })

  it('finds a trail that is not whole, and decisions without their one record', () => {
    const { call, state } = oneCall()
    expect(check([call], { ...state, auditProblem: 'edited' }).audit).toEqual(['edited'])
    expect(check([op({ kind: 'mint' })], final()).audit).toHaveLength(1)
    const mint = op({ kind: 'mint' })
    const doubled = final({ records: [record(mint), record(mint)] })
    expect(check([mint], doubled).audit).toHaveLength(1)
    const refused = op({ kind: 'mint', outcome: 'refused', code: 'revoked' })
    const other = final({ records: [record(refused, { outcome: 'allowed' })] })
    expect(check([refused], other).audit).toHaveLength(1)
  })

  it('lets an answer that promises nothing have one record or none, but not two', () => {
    const unknown = op({ kind: 'mint', outcome: 'unknown', code: 'status_unknown' })
    expect(check([unknown], final()).audit).toEqual([])
    const one = record(unknown, { outcome: 'allowed' })
    expect(check([unknown], final({ records: [one] })).audit).toEqual([])
    expect(check([unknown], final({ records: [one, one] })).audit).toHaveLength(1)
  })
})
