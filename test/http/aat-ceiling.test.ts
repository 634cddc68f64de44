import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { AAT_BODY_BYTES_MAX, AAT_PROOF_WINDOW_SECONDS } from '../../src/domain/limits.ts'
import { redeemChain } from '../../src/usecases/aat/redeem-chain.ts'
import { standForIssuers } from '../../src/usecases/aat/stand-in.ts'
import {
  derive,
  ISSUER_URI,
  issuersFile,
  prove,
  root,
  THIEF,
  TOOLS_URI,
  trustOf,
} from '../support/aat.ts'
import {
  ask,
  chainOf,
  codeOf,
  openChains,
  pointOf,
  READ,
  show,
  shownBody,
} from '../support/aat-http.ts'
import type { Deployment, Peer } from '../support/http.ts'

let site: Deployment
let point: Peer

beforeAll(async () => {
  site = await openChains()
  point = await pointOf(site)
})
afterAll(() => site.close())

const now = () => site.world.store.now()
describe('the ceiling of an issuer', () => {
  it('holds whatever the chain says', async () => {
    const wide = root({ tools: { read_file: {}, write_file: {}, search: {} } }, now())
    const write = { tool: 'write_file', args: {} }
    expect(codeOf(await show(site, point, wide, write))).toBe('scope_not_granted')
    const long = { tool: 'read_file', args: { path: '/x', lines: 501 } }
    expect(codeOf(await show(site, point, wide, long))).toBe('scope_not_granted')
    const fair = { tool: 'read_file', args: { path: '/x', lines: 500 } }
    expect(codeOf(await show(site, point, wide, fair))).toBe('allowed')
  })

  it('bounds depth, life and uses of chains that say more', async () => {
    const fresh = await openChains()
    const limits = 'ttl_seconds = 600, max_depth = 1, max_uses = 2'
    const world = { ...fresh.world, aat: trustOf(issuersFile('', limits)) }
    await standForIssuers(world)
    const tools = await pointOf(fresh)
    const built = chainOf(fresh, 2)
    expect(codeOf(await show(fresh, tools, derive(built)))).toBe('depth_exceeded')
    expect(codeOf(await show(fresh, tools, built))).toBe('allowed')
    expect(codeOf(await show(fresh, tools, built))).toBe('allowed')
    expect(codeOf(await show(fresh, tools, built))).toBe('uses_exhausted')
    const other = chainOf(fresh)
    fresh.advance(301)
    expect(codeOf(await show(fresh, tools, other))).toBe('expired')
    await fresh.close()
  })

  it('counts at once for known chains when it is lowered', async () => {
    const fresh = await openChains()
    const tools = await pointOf(fresh)
    const built = root({ tools: { search: {} } }, fresh.world.store.now())
    const search = { tool: 'search', args: { q: 'x' } }
    expect(codeOf(await show(fresh, tools, built, search))).toBe('allowed')
    const lower = issuersFile().replace('tool = "search"', 'tool = "nothing"')
    await standForIssuers({ ...fresh.world, aat: trustOf(lower) })
    expect(codeOf(await show(fresh, tools, built, search))).toBe('scope_not_granted')
    await fresh.close()
  })

  it('has a limit of children that holders can not get around offline', async () => {
    const fresh = await openChains()
    const limits = 'ttl_seconds = 3600, max_depth = 2, max_children = 2'
    await standForIssuers({ ...fresh.world, aat: trustOf(issuersFile('', limits)) })
    const tools = await pointOf(fresh)
    const built = chainOf(fresh)
    const codes = []
    for (let child = 0; child < 3; child += 1) {
      codes.push(codeOf(await show(fresh, tools, derive(built))))
    }
    expect(codes).toEqual(['allowed', 'allowed', 'fanout_exceeded'])
    await fresh.close()
  })
})

describe('who may ask, and what is recorded', () => {
  it('only an enforcement point asks, for audiences of its contract', async () => {
    const built = chainOf(site)
    const planner = await site.enroll('planner')
    const body = shownBody(built, prove(built, READ, { now: now() }))
    expect(codeOf(await ask(planner, body))).toBe('forbidden')
    const elsewhere = await site.enroll('elsewhere', { role: 'enforcement' })
    expect(codeOf(await ask(elsewhere, body))).toBe('audience_mismatch')
  })

  it('I10: a yes, a no after the proof, and joining have a record each; noise has none', async () => {
    const fresh = await openChains()
    const tools = await pointOf(fresh)
    const records = async () => {
      const seen = await fresh.owner.ask('GET', '/v1/audit?limit=50')
      const bodies = seen.json.items.map((record: { body: string }) => JSON.parse(record.body))
      const events = ['chain.joined', 'token.redeemed']
      return bodies.filter(({ event }: { event: string }) => events.includes(event))
    }
    const built = chainOf(fresh, 2)
    const forged = prove(built, READ, { now: fresh.world.store.now(), by: THIEF })
    expect(codeOf(await ask(tools, shownBody(built, forged)))).toBe('holder_binding_failed')
    expect(await records()).toEqual([])
    expect(codeOf(await show(fresh, tools, built, { tool: 'other', args: {} }))).toBe(
      'scope_not_granted',
    )
    expect(codeOf(await show(fresh, tools, built))).toBe('allowed')
    const found = await records()
    const told = found.map(({ event, outcome }: { event: string; outcome: string }) => [
      event,
      outcome,
    ])
    expect(told.toSorted()).toEqual([
      ['chain.joined', 'allowed'],
      ['token.redeemed', 'allowed'],
      ['token.redeemed', 'scope_not_granted'],
    ])
    for (const { facts } of found) {
      expect(facts).toMatchObject({ aat_issuer: ISSUER_URI, aat_leaf: built.claims['jti'] })
    }
    const text = JSON.stringify(found)
    for (const token of built.chain) expect(text).not.toContain(token.slice(-40))
    await fresh.close()
  })

  it('a proof out of its time is refused also long after it was forgotten', async () => {
    const fresh = await openChains()
    const tools = await pointOf(fresh)
    const built = chainOf(fresh)
    const body = shownBody(built, prove(built, READ, { now: fresh.world.store.now() }))
    expect(codeOf(await ask(tools, body))).toBe('allowed')
    fresh.advance(AAT_PROOF_WINDOW_SECONDS)
    expect(codeOf(await ask(tools, body))).toBe('token_used')
    fresh.advance(2)
    await fresh.world.store.sweep()
    expect(codeOf(await ask(tools, body))).toBe('expired')
    fresh.advance(-10)
    expect(codeOf(await ask(tools, body))).toBe('expired')
    await fresh.close()
  })

  it('arguments that readers disagree about are refused before anything else', async () => {
    const built = root({ tools: { search: {} } }, now())
    const call = { tool: 'search', args: { n: 9007199254740992 } }
    const proof = prove(built, call, { now: now() })
    const raw = JSON.stringify(shownBody(built, proof, call))
    for (const other of ['9007199254740993', '1,"n":9007199254740992']) {
      const seen = await point.ask('POST', '/v1/aat/redemptions', {
        raw: raw.replace('"n":9007199254740992', `"n":${other}`),
      })
      expect(codeOf(seen)).toBe('malformed')
    }
    expect(codeOf(await ask(point, JSON.parse(raw)))).toBe('allowed')
  })

  it('a request larger than any chain is refused unread', async () => {
    const seen = await point.ask('POST', '/v1/aat/redemptions', {
      raw: `{"aat_chain":["${'a'.repeat(AAT_BODY_BYTES_MAX)}"]}`,
    })
    expect(codeOf(seen)).toBe('too_large')
  })

  it('without a trusted issuer no chain is accepted', async () => {
    const { aat: _aat, ...world } = site.world
    const refused = await redeemChain(
      world,
      {
        kind: 'enforcement',
        tenant: DEFAULT_TENANT,
        request: world.ids.request(),
        uri: point.uri as never,
        certificate: point.thumbprint as never,
      },
      {
        chain: chainOf(site).chain,
        proof: 'a.b.c',
        audience: TOOLS_URI,
        request: { type: 'tool', server: TOOLS_URI, tool: 'read_file', arguments: {} },
        requestId: world.ids.request(),
      },
    )
    expect(refused.ok ? 'allowed' : refused.refusal.code).toBe('issuer_mismatch')
  })
})
