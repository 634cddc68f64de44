import { describe, expect, it } from 'vitest'
import { RECORDED_CHARACTERS_MAX } from '../../src/domain/limits.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import { at, attestation, outcome, PLANNER, scope, WORKER } from '../domain/samples.ts'
import { enforcementPoint, GET, PEER, token } from './rig.ts'

const OTHER_TARGET = { method: 'GET', target: 'https://api.example.com/repos/other' }

describe('the earliest of several denials is told', () => {
  const everything: Partial<TokenClaims> = {
    agent: PLANNER,
    actors: [PLANNER],
    pin: OTHER_TARGET,
    attestation: attestation({ tier: 'none', at: at(-61) }),
    scope: scope({
      grants: [],
      requires: { attestation_min: 'warning', attestation_max_age_seconds: 60 },
    }),
  }
  const holder = { agent: WORKER, actors: [WORKER] }
  const good = { attestation: attestation() }
  const unrestricted = { scope: scope({ grants: [] }) }

  it.each([
    ['holder_binding_failed', everything],
    ['attestation_too_low', { ...everything, ...holder }],
    ['attestation_stale', { ...everything, ...holder, attestation: attestation({ at: at(-61) }) }],
    ['request_mismatch', { ...everything, ...holder, ...good, ...unrestricted }],
    ['scope_not_granted', unrestricted],
  ] as const)('%s', async (code, changed) => {
    const point = enforcementPoint()
    expect(outcome(await point.present(await token(changed)))).toBe(code)
  })
})

describe('what is kept of a request in its record', () => {
  it.each([
    ['a query', 'https://api.example.com/users?key=secret', 'https://api.example.com/users'],
    ['a fragment', 'https://api.example.com/users#secret', 'https://api.example.com/users'],
    ['both', 'https://api.example.com/users#a?b', 'https://api.example.com/users'],
    ['nothing', 'https://api.example.com/users', 'https://api.example.com/users'],
  ])('I12: never %s', async (_sentence, target, kept) => {
    const point = enforcementPoint()
    await point.present(await token(), { request: { ...GET, target } })
    expect(point.refusals[0]?.spend.facts['target']).toBe(kept)
  })

  it('never more than RECORDED_CHARACTERS_MAX characters of a text', async () => {
    const long = 'x'.repeat(5_000)
    expect(RECORDED_CHARACTERS_MAX).toBe(1_024)
    const point = enforcementPoint()
    const target = `https://api.example.com/${long}`
    await point.present(await token(), { request: { type: 'http', method: long, target } })
    const tool = { type: 'tool', server: long, tool: long, arguments: {} } as const
    await point.present(await token(), { request: tool })
    const [http, called] = point.refusals.map(({ spend }) => spend.facts)
    expect(http).toMatchObject({ method: 'x'.repeat(1_024), target: target.slice(0, 1_024) })
    expect(called).toMatchObject({ server: 'x'.repeat(1_024), tool: 'x'.repeat(1_024) })
  })

  it('with which certificate and from where it came, as the enforcement point tells it', async () => {
    const point = enforcementPoint()
    const peer = { ...PEER, address: '192.0.2.1' }
    await point.present(await token(), { peer })
    const { certificate } = PEER
    expect(point.spends[0]?.facts).toMatchObject({ certificate, address: '192.0.2.1' })
  })

  it('I12: never an argument of a tool', async () => {
    const point = enforcementPoint()
    const server = 'https://mcp.example/mcp'
    const request = { type: 'tool', server, tool: 'pay', arguments: { card: 'secret' } } as const
    await point.present(await token(), { request })
    expect(point.refusals[0]?.spend.facts).toEqual({
      audience: 'https://gateway.example:9443/api',
      certificate: PEER.certificate,
      server,
      tool: 'pay',
    })
  })
})
