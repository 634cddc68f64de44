import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { epochSeconds } from '../../src/domain/time.ts'
import { renewCertificate } from '../../src/usecases/agents/renew-certificate.ts'
import { createDelegation } from '../../src/usecases/delegations/create-delegation.ts'
import { redeemDelegation } from '../../src/usecases/delegations/redeem-delegation.ts'
import { openLease } from '../../src/usecases/leases/open-lease.ts'
import { renewLease } from '../../src/usecases/leases/renew-lease.ts'
import { recordRevocation } from '../../src/usecases/revocations/revoke.ts'
import { mintTokens } from '../../src/usecases/tokens/mint-tokens.ts'
import { outcome } from '../domain/samples.ts'
import { done } from '../support/done.ts'
import { AUDIENCES, askerOf } from './commands/choosing.ts'
import { enrolled } from './enrolled.ts'
import type { Model } from './model/state.ts'
import { Authority, agentCaller, personCaller } from './real/authority.ts'
import { uriOf } from './real/cast.ts'
import { type Material, makeMaterial } from './real/material.ts'
import { type Place, sqlitePlaces } from './real/place.ts'
import { requestOf, targetOf } from './real/wire.ts'

/** What the simulation found once, in its shortest form. */
let material: Material
let place: Place
let authority: Authority
let model: Model
beforeAll(async () => {
  material = await makeMaterial()
})
afterAll(async () => {
  await authority.close()
  await place.remove()
  material.remove()
})
beforeEach(async () => {
  if (authority !== undefined) {
    await authority.close()
    await place.remove()
  }
  place = await sqlitePlaces().fresh()
  authority = await Authority.open(place, material)
  model = await enrolled(authority, 0)
})

const callerOf = (name: string) => agentCaller(askerOf(model, name))

async function leaseOf(name: string) {
  const scope = requestOf({})
  const opened = done(await openLease(authority.world, callerOf(name), { scope }))
  if (!opened.ok) throw new Error(opened.refusal.code)
  return opened.value.id
}

async function delegated(from: string, to: string, lease = leaseOf(from)) {
  const asked = { lease: await lease, delegate: uriOf(to), scope: requestOf({}) }
  return done(await createDelegation(authority.world, callerOf(from), asked))
}

async function stop(subject: string, effect: 'revoked' | 'suspended') {
  const what = { subject, effect, reason: 'test' }
  const stopped = await recordRevocation(authority.world, personCaller('owner'), what)
  expect(stopped.ok).toBe(true)
}

it('a clock that stepped back does not make fresh tokens tokens of the future', async () => {
  const { world } = authority
  const [audience = ''] = AUDIENCES
  const lease = await leaseOf('ann')
  place.clock.at = epochSeconds(place.clock.at - 3_600)
  const minted = done(await mintTokens(world, callerOf('ann'), { lease, audience, count: 1 }))
  const { name, certificate } = askerOf(model, 'ann')
  const { certificate: thumbprint } = agentCaller({ name, certificate })
  const admitted = await authority.admission(audience)({
    token: minted.ok ? (minted.value[0]?.token ?? '') : '',
    peer: { uri: uriOf(name), certificate: thumbprint },
    request: { type: 'http', method: 'GET', target: targetOf('a') },
    requestId: world.ids.request(),
  })
  expect(outcome(admitted)).toBe('ok')
  const given = await delegated('ann', 'ben')
  const token = given.ok ? given.value.token : ''
  expect(outcome(await redeemDelegation(world, callerOf('ben'), { token }))).toBe('ok')
})

it('evidence that was appraised behind the mark is as fresh as the mark', async () => {
  const { world } = authority
  const before = place.clock.at
  place.clock.at = epochSeconds(before - 3_600)
  const csrPem = await material.requestOf('ann')
  const evidence = { method: 'mtls' } as const
  const renewed = await renewCertificate(world, callerOf('ann'), { csrPem, evidence })
  expect(renewed.ok && renewed.value.agent.attestation.at).toBe(before)
})

it('a suspended signing key is told as suspended, as everywhere', async () => {
  const given = await delegated('ann', 'ben')
  await stop(`key:${authority.kid}`, 'suspended')
  const token = given.ok ? given.value.token : ''
  const born = await redeemDelegation(authority.world, callerOf('ben'), { token })
  expect(outcome(born)).toBe('suspended')
})

it('I9: an agent whose owner was revoked does not use what it holds of others either', async () => {
  const { world } = authority
  const given = await delegated('ann', 'dan')
  const token = given.ok ? given.value.token : ''
  const born = await redeemDelegation(world, callerOf('dan'), { token })
  if (!born.ok) throw new Error(born.refusal.code)
  const lease = born.value.id
  await stop('principal:bob', 'revoked')
  const [audience = ''] = AUDIENCES
  const asked = { lease, audience, count: 1 }
  expect(outcome(await mintTokens(world, callerOf('dan'), asked))).toBe('revoked')
  expect(outcome(await delegated('dan', 'ben', Promise.resolve(lease)))).toBe('revoked')
  const renewed = await renewLease(world, callerOf('dan'), { lease, ttlSeconds: 600 })
  expect(outcome(renewed)).toBe('revoked')
})
