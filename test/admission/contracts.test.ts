import { describe, expect, it } from 'vitest'
import type { HolderContract, SpendOutcome } from '../../src/domain/redemption.ts'
import type { Grant, RequestToJudge, Scope } from '../../src/domain/scope/types.ts'
import { at, attestation, outcome, PLANNER, scope, WORKER } from '../domain/samples.ts'
import { bodyOf, enforcementPoint, SPENT, token } from './rig.ts'

const POST: RequestToJudge = {
  type: 'http',
  method: 'POST',
  target: 'https://api.example.com/repos/acme',
}

function moved(...contracts: readonly HolderContract[]): SpendOutcome {
  return { kind: 'contractsMoved', contracts }
}

function now(contract: Scope, version = 2, agent = WORKER): HolderContract {
  return { agent, version, contract, endsAt: null }
}

function bodyRule(max_bytes: number): Scope {
  const grants = scope().grants.map((grant): Grant => {
    return grant.type === 'http' ? { ...grant, body: { max_bytes } } : grant
  })
  return scope({ grants })
}

describe('contracts are live: a call is judged again when they have moved', () => {
  it('and redeemed with the versions it was judged by', async () => {
    const contracts = [now(scope(), 5, PLANNER), now(scope(), 2)]
    const point = enforcementPoint({ answers: [moved(...contracts)] })
    expect(outcome(await point.present(await token()))).toBe('ok')
    expect(point.events).toEqual(['key', 'redeem', 'redeem'])
    expect(point.spends.map(({ judged }) => judged)).toEqual([
      undefined,
      new Map([
        [PLANNER, 5],
        [WORKER, 2],
      ]),
    ])
  })

  it('LEASH-23: a contract that has ended meanwhile refuses, and one that has not does not', async () => {
    const ends = (seconds: number) => ({ ...now(scope()), endsAt: at(seconds) })
    const running = enforcementPoint({ answers: [moved(ends(1))] })
    expect(outcome(await running.present(await token()))).toBe('ok')
    const over = enforcementPoint({ answers: [moved(ends(0))] })
    expect(outcome(await over.present(await token()))).toBe('contract_expired')
  })

  it('a contract that moves in a later round does not undo the one before', async () => {
    const rounds = [moved(now(scope(), 5, PLANNER)), moved(now(scope(), 2))]
    const point = enforcementPoint({ answers: rounds })
    expect(outcome(await point.present(await token()))).toBe('ok')
    expect(point.spends[2]?.judged).toEqual(
      new Map([
        [PLANNER, 5],
        [WORKER, 2],
      ]),
    )
  })

  it('the same call is asked for again, and no other', async () => {
    const point = enforcementPoint({ answers: [moved(now(scope()))] })
    await point.present(await token())
    const [first, second] = point.spends
    expect({ ...second, judged: undefined }).toEqual({ ...first, judged: undefined })
  })

  it('twice is enough to let it pass; a third time the state is unknown', async () => {
    const again = (version: number) => moved(now(scope(), version))
    const passing = enforcementPoint({ answers: [again(2), again(3), SPENT] })
    expect(outcome(await passing.present(await token()))).toBe('ok')
    const endless = enforcementPoint({ answers: [again(2), again(3), again(4), SPENT] })
    expect(await endless.present(await token())).toMatchObject({
      refusal: { code: 'status_unknown', facts: { contracts: 'moving' } },
    })
    expect(endless.events).toEqual(['key', 'redeem', 'redeem', 'redeem', 'record'])
  })
})

const narrower: readonly (readonly [string, string, Scope])[] = [
  ['no longer covers the request', 'scope_not_granted', scope({ grants: [] })],
  [
    'no longer names the audience',
    'scope_not_granted',
    scope({ audiences: ['https://x.example'] }),
  ],
  ['only reads', 'scope_not_granted', scope({ requires: { read_only: true } })],
  [
    'asks for better evidence',
    'attestation_too_low',
    scope({ requires: { attestation_min: 'affirming' } }),
  ],
  [
    'asks for fresher evidence',
    'attestation_stale',
    scope({ requires: { attestation_max_age_seconds: 9 } }),
  ],
  ['asks for a pin', 'request_mismatch', scope({ requires: { bind_request: true } })],
  [
    'asks for approvals, which need a pin',
    'request_mismatch',
    scope({ requires: { approval: true } }),
  ],
  ['asks for DPoP', 'holder_binding_failed', scope({ requires: { dpop: true } })],
]

describe('I4: a contract that is narrower now refuses, whichever holder it binds', () => {
  const old = { attestation: attestation({ at: at(-10) }) }

  it.each(narrower)('%s: %s', async (_sentence, code, contract) => {
    for (const contracts of [
      [now(contract)],
      [now(contract, 2, PLANNER), now(scope())],
      [now(scope(), 2, PLANNER), now(contract)],
    ]) {
      const point = enforcementPoint({ answers: [moved(...contracts)] })
      expect(outcome(await point.present(await token(old), { request: POST }))).toBe(code)
      expect(point.events).toEqual(['key', 'redeem', 'record'])
    }
  })

  it('asks for an approval, which a pinned token of before does not have', async () => {
    const { method, target } = POST
    const pinned = { ...old, pin: { method, target } }
    const asks = now(scope({ requires: { approval: true } }))
    const point = enforcementPoint({ answers: [moved(asks)] })
    const presented = await point.present(await token(pinned), { request: POST })
    expect(outcome(presented)).toBe('approval_required')
    const approved = { ...pinned, scope: scope({ requires: { approval: true } }) }
    const again = enforcementPoint({ answers: [moved(asks)] })
    const admitted = await again.present(await token(approved), { request: POST })
    expect(outcome(admitted)).toBe('ok')
  })

  it('names the contract for the log', async () => {
    const answers = [moved(now(scope({ grants: [] }), 9, PLANNER))]
    const point = enforcementPoint({ answers })
    await point.present(await token())
    expect(point.refusals[0]?.refusal.facts).toEqual({ contract: PLANNER, version: 9 })
  })
})

describe('a contract that has a rule on the body now', () => {
  it.each([
    [bodyOf('{}'), 'ok', ['key', 'redeem', 'body', 'redeem']],
    [bodyOf('{ }'), 'scope_not_granted', ['key', 'redeem', 'body', 'record']],
  ] as const)('has it read and judged', async (body, code, events) => {
    const point = enforcementPoint({ answers: [moved(now(bodyRule(2)))] })
    expect(outcome(await point.present(await token(), { request: POST, body }))).toBe(code)
    expect(point.events).toEqual(events)
  })

  it('never has it read twice', async () => {
    const contracts = [now(bodyRule(9), 2, PLANNER), now(bodyRule(8))]
    const rounds = [moved(...contracts), moved(now(bodyRule(7), 3))]
    const point = enforcementPoint({ answers: rounds })
    const text = await token({ scope: bodyRule(10) })
    expect(outcome(await point.present(text, { request: POST, body: bodyOf('{}') }))).toBe('ok')
    expect(point.events).toEqual(['key', 'body', 'redeem', 'redeem', 'redeem'])
  })

  it('refuses where it can not be read', async () => {
    const point = enforcementPoint({ answers: [moved(now(bodyRule(2)))] })
    const blind = { request: POST, readBody: undefined } as object
    expect(outcome(await point.present(await token(), blind))).toBe('request_mismatch')
    expect(point.events).toEqual(['key', 'redeem', 'record'])
  })

  it('is not asked about a body when a tool is called', async () => {
    const tool: Grant = { type: 'tool', server: 'https://m.example/mcp', tool: 'x', arguments: {} }
    const grants = [...bodyRule(2).grants, tool]
    const point = enforcementPoint({ answers: [moved(now(scope({ grants })))] })
    const request = { type: 'tool', server: tool.server, tool: 'x', arguments: {} } as const
    const text = await token({ scope: scope({ grants: [tool] }) })
    expect(outcome(await point.present(text, { request }))).toBe('ok')
    expect(point.events).toEqual(['key', 'redeem', 'redeem'])
  })
})
