import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { openSqliteStore } from '../../src/store/open.ts'
import { verifyReceipt } from '../../src/token/receipt.ts'
import { leaseIdsOf } from '../../src/usecases/aat/join-chain.ts'
import { redeemChain } from '../../src/usecases/aat/redeem-chain.ts'
import {
  ANNA,
  BERT,
  CARL,
  derive,
  ISSUER,
  ISSUER_URI,
  prove,
  THIEF,
  TOOLS_URI,
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
const revoke = (subject: string) =>
  site.owner.ask('POST', '/v1/revocations', {
    body: { subject, effect: 'revoked', reason: 'a test' },
  })

describe('chains of attenuating tokens over HTTP', () => {
  it('open one lease for each link, and find them again', async () => {
    const built = chainOf(site, 3)
    const first = await show(site, point, built)
    expect(first.status).toBe(200)
    const { id, lineage } = first.json.lease
    expect(lineage).toHaveLength(3)
    const again = await show(site, point, built)
    expect(again.json.lease).toEqual({ id, lineage })
    const tree = await site.owner.ask('GET', `/v1/leases/${lineage[0]}/tree`)
    expect(tree.json.items.map((lease: { id: string }) => lease.id)).toEqual(lineage)
    expect(tree.json.items[0]).toMatchObject({
      holder: 'spiffe://acme.example/issuer/partner',
      subject: 'owner',
      uses_spent: 2,
    })
  })

  it('answer with a receipt that names the root and the holder who signed', async () => {
    const seen = await show(site, point, chainOf(site, 2))
    const { keys, issuer } = site.world
    const read = await verifyReceipt(seen.json.receipt, { keys, issuer })
    expect(read.ok && read.value).toMatchObject({
      root: seen.json.lease.lineage[0],
      certificate: BERT.thumbprint,
    })
  })

  it('I7: a proof is good once, also to another point and another process', async () => {
    const built = chainOf(site, 2)
    const body = shownBody(built, prove(built, READ, { now: now() }))
    const other = await pointOf(site, 'other-tools')
    expect(codeOf(await ask(point, body))).toBe('allowed')
    expect(codeOf(await ask(point, body))).toBe('token_used')
    expect(codeOf(await ask(other, body))).toBe('token_used')
    const path = `${site.folder}/data/writ.db`
    const store = await openSqliteStore({ path, clock: site.world.clock })
    const shown = { ...(body as ReturnType<typeof Object>) }
    const restarted = await redeemChain(
      { ...site.world, store },
      {
        kind: 'enforcement',
        tenant: DEFAULT_TENANT,
        request: site.world.ids.request(),
        uri: point.uri as never,
        certificate: point.thumbprint as never,
      },
      {
        chain: shown.aat_chain,
        proof: shown.aat_pop,
        audience: TOOLS_URI,
        request: shown.request,
        requestId: site.world.ids.request(),
      },
    )
    expect(restarted.ok ? 'allowed' : restarted.refusal.code).toBe('token_used')
    await store.close()
  })

  it('I7: of twenty who show the same proof at once one is let in', async () => {
    const built = chainOf(site, 3)
    const body = shownBody(built, prove(built, READ, { now: now() }))
    const seen = await Promise.all(Array.from({ length: 20 }, () => ask(point, body)))
    const codes = seen.map(codeOf).toSorted()
    expect(codes).toEqual(['allowed', ...Array.from({ length: 19 }, () => 'token_used')])
  })

  it('a call that is refused leaves the id of its proof unspent', async () => {
    const built = chainOf(site)
    const proof = prove(built, READ, { now: now() })
    const other = { ...READ, args: { path: '/data/q4.pdf' } }
    expect(codeOf(await ask(point, shownBody(built, proof, other)))).toBe('request_mismatch')
    expect(codeOf(await ask(point, shownBody(built, proof)))).toBe('allowed')
  })

  it('the same id from two holders is two proofs', async () => {
    const anna = chainOf(site)
    const bert = derive(anna)
    const claims = { jti: 'proof-1' }
    for (const built of [anna, bert]) {
      const proof = prove(built, READ, { now: now(), claims })
      expect(codeOf(await ask(point, shownBody(built, proof)))).toBe('allowed')
    }
  })
})

describe('revoking what a chain stands on', () => {
  it('I9: any link kills itself and all below it, and nothing above or beside it', async () => {
    const anna = chainOf(site)
    const bert = derive(anna)
    const carl = derive(bert, { to: CARL })
    const beside = derive(anna)
    const { lease } = (await show(site, point, carl)).json
    const [, middle] = lease.lineage
    const seen = await site.owner.ask('POST', `/v1/leases/${middle}/revoke`, {
      body: { reason: 'a test' },
    })
    expect(seen.status).toBe(200)
    expect(codeOf(await show(site, point, carl))).toBe('revoked')
    expect(codeOf(await show(site, point, bert))).toBe('revoked')
    expect(codeOf(await show(site, point, anna))).toBe('allowed')
    expect(codeOf(await show(site, point, beside))).toBe('allowed')
    expect(codeOf(await show(site, point, derive(carl, { to: THIEF })))).toBe('revoked')
  })

  it('a link may be revoked before anyone has shown it', async () => {
    const built = chainOf(site)
    const [id] = leaseIdsOf(DEFAULT_TENANT, ISSUER_URI, [{ jti: String(built.claims['jti']) }])
    await revoke(`lease:${id}`)
    expect(codeOf(await show(site, point, derive(built)))).toBe('revoked')
  })

  it.each([
    ['the holder of the last link', BERT],
    ['a holder in the middle', ANNA],
  ])('the key of %s refuses every chain it stands in', async (_name, signer) => {
    const fresh = await openChains()
    const tools = await pointOf(fresh)
    const built = chainOf(fresh, 2)
    expect(codeOf(await show(fresh, tools, built))).toBe('allowed')
    const body = { subject: `key:${signer.thumbprint}`, effect: 'revoked', reason: 'a test' }
    await fresh.owner.ask('POST', '/v1/revocations', { body })
    expect(codeOf(await show(fresh, tools, built))).toBe('revoked')
    await fresh.close()
  })

  it('the key of the issuer, or the issuer itself, stops all its chains', async () => {
    for (const subject of [
      `key:${ISSUER.thumbprint}`,
      'agent:spiffe://acme.example/issuer/partner',
    ]) {
      const fresh = await openChains()
      const tools = await pointOf(fresh)
      const body = { subject, effect: 'suspended', reason: 'a test' }
      await fresh.owner.ask('POST', '/v1/revocations', { body })
      expect(codeOf(await show(fresh, tools, chainOf(fresh, 2)))).toBe('suspended')
      await fresh.owner.ask('DELETE', `/v1/revocations/${encodeURIComponent(subject)}`)
      expect(codeOf(await show(fresh, tools, chainOf(fresh, 2)))).toBe('allowed')
      await fresh.close()
    }
  })
})
