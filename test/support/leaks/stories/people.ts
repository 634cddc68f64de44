import { createPrivateKey } from 'node:crypto'
import { collectionStatement } from '../../../../src/domain/enrollment.ts'
import { createAgentRequest, signWithKey } from '../../../../src/pki/csr.ts'
import { registrationBody } from '../../enrollment.ts'
import { canary, UPSTREAM } from '../canaries.ts'
import { done, type Member } from '../deployment.ts'
import type { Site } from '../site.ts'
import { mint, openLease } from './calls.ts'

const ONCE = {
  operator: 'once: the token of an operator',
  enrollment: 'once: an enrollment token',
  nonce: 'once: a nonce',
  collect: 'once: a collect secret',
  webhook: 'once: the secret of a webhook',
} as const
/** A nonce is a challenge; one of a registration is kept with it until it is proven. */
const STORE = ['data/writ.db', 'data/writ.db-wal']

/** Makes an operator, lets an agent in by invitation, draws nonces. */
export async function letIn(site: Site): Promise<void> {
  const { witness, owner, deployment, contract } = site
  const body = { name: 'ops', role: 'operator' }
  const ops = await done(owner('POST', '/v1/operators', { body, once: ONCE.operator }))
  witness.plant('the token of an operator', ops.token, ONCE.operator)
  const operator = deployment.bearer('operator', ops.token)
  await operator('GET', '/v1/operators')
  await operator('POST', '/v1/operators', { body: { name: 'other', role: 'owner' } })
  const invited = await done(
    owner('POST', '/v1/enrollments', { body: { ttl_seconds: 60 }, once: ONCE.enrollment }),
  )
  witness.plant('an enrollment token', invited.token, ONCE.enrollment)
  const newcomer = deployment.bearer('newcomer', invited.token)
  const begun = await done(newcomer('POST', '/v1/registrations/begin', { once: ONCE.nonce }))
  witness.plant('a nonce of a registration', begun.nonce, ONCE.nonce, ...STORE)
  const uri = 'spiffe://writ.local/agent/arrival' as Parameters<typeof createAgentRequest>[0]
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(uri)
  const arrival = { name: 'arrival', csr, key }
  witness.plant('the key of who registers', keyOf(arrival.key))
  const order = { body: registrationBody(arrival, begun.nonce), once: ONCE.collect }
  const registered = await done(newcomer('POST', '/v1/registrations', order))
  const { id, challenge, collect_secret: secret } = registered
  witness.plant('a collect secret', secret, ONCE.collect)
  await newcomer('POST', '/v1/registrations', order)
  const registrant = deployment.bearer('registrant', secret)
  const proof = signWithKey(arrival.key, collectionStatement({ registration: id, challenge }))
  await registrant('GET', '/v1/registrations/self')
  await done(owner('POST', `/v1/registrations/${id}/approve`, { body: { contract } }))
  await done(registrant('POST', `/v1/registrations/${id}/certificate`, { body: { proof } }))
  await registrant('POST', `/v1/registrations/${id}/certificate`, { body: { proof } })
}

/** What of a private key is secret, base64url. */
export function keyOf(pem: string): string {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  return d
}

/** Asks for approvals, which one owner gives and denies. */
export async function approvals(site: Site, agent: Member): Promise<void> {
  const body = { scope: { ...site.contract } }
  const asked = await agent.ask('POST', '/v1/leases', { body })
  const { id, digest } = asked.json.approval
  await done(site.owner('GET', `/v1/approvals/${id}`))
  await done(site.owner('GET', '/v1/approvals/stream?follow=false'))
  await done(site.owner('POST', `/v1/approvals/${id}/approve`, { body: { digest } }))
  const opened = await agent.ask('POST', '/v1/leases', { body: { ...body, approval: id } })
  if (opened.status !== 201) throw new Error(opened.text)
}

/** Rotates secrets, one to something that does not fit, rolls back, disables, removes. */
export async function rotate(site: Site): Promise<void> {
  const { witness, owner } = site
  const at = '/v1/credentials/custom'
  const value = witness.plant('a rotated secret', canary('rotated'), UPSTREAM)
  await done(owner('POST', `${at}/rotate`, { body: { fields: { value, spare: 'sp'.repeat(9) } } }))
  const unfit = witness.plant('a secret that was refused', canary('unfit'))
  for (const fields of [
    { value: `${unfit}\r\nx: y` },
    { [unfit]: unfit },
    { value: unfit, other: [unfit] },
    { value: unfit.repeat(2_000) },
    unfit,
  ]) {
    const seen = await owner('POST', '/v1/credentials/bearer/rotate', { body: { fields } })
    if (seen.status < 400) throw new Error('it was taken')
  }
  await owner('PATCH', at, { body: { state: 'disabled' } })
  await owner('PATCH', at, { body: { state: 'active' } })
  await done(owner('GET', at))
}

/** A receiver gets an alert of each kind that calls bring about. */
export async function alertsAndWebhooks(site: Site, agent: Member): Promise<void> {
  const { witness, owner, receiver } = site
  const body = { url: receiver.url, private_net: true }
  const made = await done(owner('POST', '/v1/webhooks', { body, once: ONCE.webhook }))
  witness.plant('the secret of a webhook', made.secret, ONCE.webhook)
  await done(owner('POST', `/v1/webhooks/${made.id}/test`))
  const lease = await openLease(site, agent)
  const token = await mint(site, agent, lease)
  for (let replay = 0; replay < 6; replay += 1) {
    await agent.call('GET', '/bearer/x', { headers: { authorization: `Bearer ${token}` } })
  }
  await receiver.have(2)
  await done(owner('GET', '/v1/alerts'))
}

/** Nonces and evidence of an agent, good and bad. */
export async function evidence(site: Site, agent: Member): Promise<void> {
  const drawn = await done(agent.ask('POST', '/v1/nonces', { once: ONCE.nonce }))
  const nonce = site.witness.plant('a nonce of an agent', drawn.nonce, ONCE.nonce)
  const attest = (body: object) => agent.ask('POST', '/v1/agents/self/attestation', { body })
  await attest({ evidence: { method: 'process', nonce } })
  await attest({ evidence: { method: 'process', nonce } })
  await attest({ evidence: { method: 'oidc', nonce, token: `eyJ.${nonce}.x` } })
}
