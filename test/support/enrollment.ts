import { createHash } from 'node:crypto'
import { collectionStatement, registrationStatement } from '../../src/domain/enrollment.ts'
import { createAgentRequest, signWithKey } from '../../src/pki/csr.ts'
import type { Asker, Deployment, Seen } from './http.ts'
import { agentUri } from './pki.ts'

/** What a machine says of itself when it says nothing. */
export const SILENT = {
  agent_type: null,
  hostname: null,
  platform: null,
  binary_fingerprint: null,
  machine_fingerprint: null,
}

/** An invitation of the owner, and whoever holds its token. */
export interface Invitation {
  readonly id: string
  readonly token: string
  readonly guest: Asker
}

/** Invites one agent. */
export async function invite(site: Deployment, ttlSeconds?: number): Promise<Invitation> {
  const body = ttlSeconds === undefined ? {} : { ttl_seconds: ttlSeconds }
  const seen = await site.owner.ask('POST', '/v1/enrollments', { body })
  if (seen.status !== 201) throw new Error(seen.text)
  const { id, token } = seen.json
  return { id, token, guest: site.bearer(token) }
}

/** An agent that makes its own key and answers an invitation. */
export interface Arrival {
  readonly name: string
  readonly csr: string
  readonly key: string
}

/** A fresh key and request for a name. */
export async function arrive(name: string): Promise<Arrival> {
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(agentUri(name))
  return { name, csr, key }
}

/** The body that registers, signed over a nonce. */
export function registrationBody(arrival: Arrival, nonce: string, said = {}): object {
  const platform = { ...SILENT, ...said }
  const { name, csr } = arrival
  const statement = registrationStatement({
    nonce,
    name,
    requestHash: createHash('sha256').update(csr).digest('base64url'),
    method: 'mtls',
    platform: {
      agentType: platform.agent_type,
      hostname: platform.hostname,
      platform: platform.platform,
      binaryFingerprint: platform.binary_fingerprint,
      machineFingerprint: platform.machine_fingerprint,
    },
  })
  const proof = signWithKey(arrival.key, statement)
  return { name, csr, proof, evidence: { method: 'mtls' }, platform }
}

/** Begins and registers, as the command does. */
export async function register(guest: Asker, arrival: Arrival, said = {}): Promise<Seen> {
  const begun = await guest.ask('POST', '/v1/registrations/begin')
  if (begun.status !== 200) return begun
  const body = registrationBody(arrival, begun.json.nonce, said)
  return guest.ask('POST', '/v1/registrations', { body })
}

/** A registration that waits, and whoever holds its collect secret. */
export interface Waiting {
  readonly id: string
  readonly path: string
  readonly guest: Asker
  /** The body that collects. */
  readonly collect: { readonly proof: string }
}

/** Invites and registers an agent; answers what waits for the owner. */
export async function waiting(site: Deployment, arrival: Arrival, said = {}): Promise<Waiting> {
  const seen = await register((await invite(site)).guest, arrival, said)
  if (seen.status !== 201) throw new Error(seen.text)
  const { id, challenge, collect_secret: secret } = seen.json
  const proof = signWithKey(arrival.key, collectionStatement({ registration: id, challenge }))
  return { id, path: `/v1/registrations/${id}`, guest: site.bearer(secret), collect: { proof } }
}
