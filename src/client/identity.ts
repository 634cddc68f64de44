import { createHash, X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { collectionStatement, registrationStatement } from '../domain/enrollment.ts'
import { type AgentUri, parseAgentUri } from '../domain/ids.ts'
import { CLIENT_LOOK_MS } from '../domain/limits.ts'
import { type SealedText, seal } from '../domain/sealed-text.ts'
import { createAgentRequest, signWithKey } from '../pki/csr.ts'
import type { AgentIdentity } from './agent.ts'
import { ask, type CallOptions } from './asking.ts'
import { createClient, pathOf } from './client.ts'
import { WritError } from './errors.ts'
import type { CertificateView } from './views/agents.ts'
import type { OwnRegistrationView } from './views/enrollment.ts'

/** A fresh key and a certificate request for it; the key never leaves its owner (I12). */
export async function newAgentKey(
  uri: AgentUri,
): Promise<{ readonly csr: string; readonly key: string }> {
  const { csrPem: csr, privateKeyPem: key } = await createAgentRequest(uri)
  return { csr, key }
}

/** The agent id in a certificate: its one URI name. Throws when it names no agent. */
export function uriOf(certificatePem: string): AgentUri {
  const names = new X509Certificate(certificatePem).subjectAltName?.split(', ') ?? []
  const [only, ...others] = names.filter((name) => name.startsWith('URI:'))
  const uri = others.length === 0 ? parseAgentUri(only?.slice('URI:'.length) ?? '') : undefined
  if (uri === undefined) throw new Error('This is no certificate of an agent.')
  return uri
}

/** An invitation, and how to be known. */
export interface EnrollOrder {
  /** Origin of the authority's API for people, where newcomers are let in. */
  readonly api: string
  /** Root for that address where it is not one of the system's. */
  readonly ca?: string
  /** The one-time token of the invitation. */
  readonly token: string | SealedText
  readonly name: string
  /** Self-reported; nobody vouches for it. */
  readonly agentType?: string
}

/**
 * Answers an invitation: makes a key, registers with proof of it, waits for the owner, and answers
 * the identity that was issued. The key prints as nothing (I12). Throws `WritError`: refusals, and
 * `forbidden` when the owner does not let it in.
 */
export async function enroll(
  order: EnrollOrder,
  options: CallOptions = {},
): Promise<AgentIdentity> {
  const token = typeof order.token === 'string' ? order.token : order.token.use((text) => text)
  const begun = await askAs<{ readonly nonce: string; readonly trust_domain: string }>(
    order,
    token,
    { method: 'POST', path: '/v1/registrations/begin' },
    options,
  )
  const uri = parseAgentUri(`spiffe://${begun.trust_domain}/agent/${order.name}`)
  if (uri === undefined) throw new WritError('malformed', 'This is no name of an agent.')
  const { csr, key } = await newAgentKey(uri)
  const registered = await register(order, { token, csr, key, nonce: begun.nonce }, options)
  const { id, challenge, collect_secret: secret } = registered
  await untilApproved(order, secret, options)
  const proof = signWithKey(key, collectionStatement({ registration: id, challenge }))
  const path = pathOf(['v1', 'registrations', id, 'certificate'])
  const call = { method: 'POST', path, body: { proof } } as const
  const issued = await askAs<CertificateView>(order, secret, call, options)
  return { cert: issued.certificate, key: seal(key), ca: issued.ca }
}

function register(
  order: EnrollOrder,
  own: {
    readonly token: string
    readonly csr: string
    readonly key: string
    readonly nonce: string
  },
  options: CallOptions,
) {
  const { name, agentType = null } = order
  const { nonce, csr, key } = own
  const platform = {
    agentType,
    hostname: null,
    platform: process.platform,
    binaryFingerprint: null,
    machineFingerprint: null,
  }
  const requestHash = createHash('sha256').update(csr).digest('base64url')
  const proof = signWithKey(
    key,
    registrationStatement({ nonce, name, requestHash, method: 'mtls', platform }),
  )
  const told = { agent_type: agentType, platform: platform.platform }
  const body = { name, csr, proof, evidence: { method: 'mtls' }, platform: told }
  const call = { method: 'POST', path: '/v1/registrations', body } as const
  type Registered = OwnRegistrationView & { readonly collect_secret: string }
  return askAs<Registered>(order, own.token, call, options)
}

async function untilApproved(
  order: EnrollOrder,
  secret: string,
  options: CallOptions,
): Promise<void> {
  const call = { method: 'GET', path: '/v1/registrations/self' } as const
  for (;;) {
    const { state } = await askAs<OwnRegistrationView>(order, secret, call, options)
    if (state === 'approved') return
    if (state !== 'pending') throw new WritError('forbidden', `Not let in: ${state}.`)
    await sleep(CLIENT_LOOK_MS, undefined, options.signal ? { signal: options.signal } : {}).catch(
      (cause: unknown) => {
        throw new WritError('aborted', 'Given up by the caller.', { cause })
      },
    )
  }
}

async function askAs<T>(
  { api, ca }: EnrollOrder,
  bearer: string,
  call: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: object },
  options: CallOptions,
): Promise<T> {
  const client = createClient({ address: api, bearer, ca })
  try {
    const repeating = call.method === 'GET' ? 'safe' : 'never'
    return (await ask<T>(client, call, repeating, options)).value
  } finally {
    await client.close()
  }
}
