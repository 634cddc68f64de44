import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGENT_CERTIFICATE_SECONDS } from '../../src/domain/limits.ts'
import { epochSeconds, later } from '../../src/domain/time.ts'
import type { CertificateAuthority } from '../../src/pki/ca.ts'
import { thumbprintOf } from '../../src/pki/thumbprint.ts'
import {
  agentUri,
  type Credential,
  enrolled,
  type HandAuthority,
  handAuthority,
  readCertificate,
  STARTED,
  testAuthority,
} from '../support/pki.ts'
import { type IdentityListener, identityClient, identityListener } from '../support/pki-listener.ts'

describe('I8: a peer is who its certificate says, asked on every request', () => {
  let ca: CertificateAuthority
  let byHand: HandAuthority
  let listener: IdentityListener
  let worker: Credential

  beforeAll(async () => {
    ca = await testAuthority()
    byHand = await handAuthority('CN=hand')
    listener = await identityListener({ clientAuthorities: [ca.rootPem, byHand.pem] })
    worker = await enrolled(ca, agentUri('worker'))
  })
  afterAll(() => listener.close())

  const judged = async (credential: Partial<Credential>) => {
    const client = await identityClient(listener, credential)
    try {
      return await client.ask()
    } finally {
      client.socket.destroy()
    }
  }

  it('names an enrolled agent and its certificate', async () => {
    const identity = await judged(worker)
    expect(identity).toEqual({
      ok: true,
      value: {
        uri: 'spiffe://acme.example/agent/worker',
        certificate: thumbprintOf(readCertificate(worker.cert).rawData),
        notBefore: STARTED - 60,
        notAfter: STARTED + AGENT_CERTIFICATE_SECONDS,
      },
    })
  })

  it('turns away a client without a certificate', async () => {
    await expect(judged({})).rejects.toThrow()
  })

  it('turns away a stranger of another authority, and a self-signed certificate', async () => {
    const other = await testAuthority()
    await expect(judged(await enrolled(other, agentUri('worker')))).rejects.toThrow()
    const keys = await handAuthority('CN=self')
    const selfSigned = await keys.issue({
      subject: 'CN=self',
      keys: keys.keys,
      names: [{ type: 'url', value: agentUri('worker') }],
    })
    await expect(judged(selfSigned)).rejects.toThrow()
  })

  it('turns away an expired certificate in the handshake', async () => {
    const expired = await byHand.issue({
      names: [{ type: 'url', value: agentUri('worker') }],
      notAfter: new Date(Date.now() - 1000),
    })
    await expect(judged(expired)).rejects.toThrow()
  })

  it('turns away TLS 1.2', async () => {
    const old = identityClient(listener, worker, { maxVersion: 'TLSv1.2' })
    await expect(old).rejects.toThrow(/protocol version/)
  })

  const uri = (value: string) => ({ type: 'url', value }) as const
  const shapes: readonly (readonly [string, Parameters<HandAuthority['issue']>[0], string])[] = [
    [
      'two URI names',
      { names: [uri(agentUri('worker')), uri(agentUri('planner'))] },
      'the certificate does not have exactly one URI name',
    ],
    [
      'the same URI name twice',
      { names: [uri(agentUri('worker')), uri(agentUri('worker'))] },
      'the certificate does not have exactly one URI name',
    ],
    ['no name at all', { names: [] }, 'the certificate does not have exactly one URI name'],
    [
      'a DNS name alone',
      { names: [{ type: 'dns', value: 'worker.acme.example' }] },
      'the certificate does not have exactly one URI name',
    ],
    [
      'a URI that is no SPIFFE id',
      { names: [uri('https://acme.example/agent/worker')] },
      'the URI name is not a SPIFFE id',
    ],
    [
      'a SPIFFE id with a dot segment',
      { names: [uri('spiffe://acme.example/agent/../gateway/g')] },
      'the URI name is not a SPIFFE id',
    ],
    [
      'a trust domain alone',
      { names: [uri('spiffe://acme.example')] },
      'the URI name is not a SPIFFE id',
    ],
    [
      'another trust domain',
      { names: [uri('spiffe://evil.example/agent/worker')] },
      'another trust domain',
    ],
    [
      'the certificate of an authority',
      { names: [uri(agentUri('worker'))], authority: true },
      'the certificate is that of an authority',
    ],
  ]
  it.each(shapes)('refuses %s', async (_title, order, reason) => {
    const identity = await judged(await byHand.issue(order))
    expect(identity).toMatchObject({
      ok: false,
      refusal: { code: 'unauthenticated', facts: { reason } },
    })
  })

  it('refuses a certificate that ended on a connection that is still open', async () => {
    const client = await identityClient(listener, worker)
    expect(await client.ask()).toMatchObject({ ok: true })
    listener.now = later(STARTED, AGENT_CERTIFICATE_SECONDS - 1)
    expect(await client.ask()).toMatchObject({ ok: true })
    listener.now = later(STARTED, AGENT_CERTIFICATE_SECONDS)
    const ended = await client.ask()
    listener.now = STARTED
    client.socket.destroy()
    expect(ended).toMatchObject({ ok: false, refusal: { code: 'certificate_expired' } })
  })

  it('refuses a certificate that has not begun', async () => {
    listener.now = later(STARTED, -61)
    const early = await judged(worker)
    listener.now = STARTED
    expect(early).toMatchObject({ ok: false, refusal: { code: 'certificate_expired' } })
  })

  it('knows the peer of a resumed session, and refuses it once its certificate ended', async () => {
    const first = await identityClient(listener, worker)
    const identity = await first.ask()
    const session = await first.session
    first.socket.destroy()
    const resumed = await identityClient(listener, worker, { session })
    expect(resumed.socket.isSessionReused()).toBe(true)
    expect(await resumed.ask()).toEqual(identity)
    listener.now = later(STARTED, AGENT_CERTIFICATE_SECONDS)
    const ended = await resumed.ask()
    listener.now = STARTED
    resumed.socket.destroy()
    expect(ended).toMatchObject({ ok: false, refusal: { code: 'certificate_expired' } })
  })

  it('refuses a resumed session whose certificate ended between the two connections', async () => {
    const born = epochSeconds(Math.floor(Date.now() / 1000))
    const short = await enrolled(ca, agentUri('short'), { now: born, seconds: 3 })
    listener.now = born
    const first = await identityClient(listener, short)
    await first.ask()
    const session = await first.session
    first.socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, (born + 4) * 1000 - Date.now()))
    listener.now = later(born, 4)
    const resumed = await identityClient(listener, short, { session })
    expect(resumed.socket.isSessionReused()).toBe(true)
    const ended = await resumed.ask()
    listener.now = STARTED
    resumed.socket.destroy()
    expect(ended).toMatchObject({ ok: false, refusal: { code: 'certificate_expired' } })
  })
})
