import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgentRequest } from '../../src/pki/csr.ts'
import {
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  generateKeyPair,
  type KeyPair,
} from '../../src/pki/x509.ts'
import { SITE_CONTRACT } from '../support/console-site.ts'
import { type Credential, type HandAuthority, handAuthority } from '../support/pki.ts'
import { startTlsSite, type TlsSeen, type TlsSite } from '../support/tls-site.ts'

const SAME = { 'sec-fetch-site': 'same-origin' }
const SIGN_IN = '/console/session/certificate'

let site: TlsSite
let company: HandAuthority
let keys: KeyPair
let ann: Credential
beforeAll(async () => {
  site = await startTlsSite()
  company = await handAuthority('CN=Company')
  keys = await generateKeyPair()
  ann = await company.issue({ names: [], subject: 'CN=ann', keys })
  expect((await add('ann', ann.cert, 'owner')).status).toBe(201)
})
afterAll(() => site.close())

function add(name: string, certificate: string, role = 'operator'): Promise<TlsSeen> {
  return site.ask({
    method: 'POST',
    path: '/v1/operators',
    headers: { authorization: `Bearer ${site.ownerToken}` },
    body: { name, role, certificate },
  })
}

function signIn(as: Credential | undefined, headers: Record<string, string> = SAME) {
  return site.ask({ method: 'POST', path: SIGN_IN, as, headers })
}

function leases(as: Credential | undefined, cookie: string): Promise<TlsSeen> {
  return site.ask({ path: '/v1/leases', as, headers: { ...SAME, cookie } })
}

async function agentOf(name: string): Promise<Credential> {
  const request = await createAgentRequest(`spiffe://writ.local/agent/${name}` as never)
  const made = await site.ask({
    method: 'POST',
    path: '/v1/agents',
    headers: { authorization: `Bearer ${site.ownerToken}` },
    body: { name, csr: request.csrPem, contract: SITE_CONTRACT },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.json))
  return { cert: made.json.certificate, key: request.privateKeyPem }
}

describe('signing in with a certificate', () => {
  it('needs no token, and there is none: the answer that made the person has only the hash', async () => {
    const bob = await company.issue({ names: [], subject: 'CN=bob' })
    const made = await add('bob', bob.cert)
    expect(made.json).toEqual({
      name: 'bob',
      role: 'operator',
      certificate_thumbprint: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    })
    const signed = await signIn(bob)
    expect([signed.status, signed.json.name, signed.json.role]).toEqual([201, 'bob', 'operator'])
    expect((await leases(bob, signed.cookie)).status).toBe(200)
  })

  it('the page is told whether a certificate is there to try', async () => {
    const ways = async (as?: Credential) => (await site.ask({ path: '/console/ways', as })).json
    expect([await ways(), await ways(ann)]).toEqual([{ certificate: false }, { certificate: true }])
  })

  const STRANGERS: readonly (readonly [string, () => Promise<Credential | undefined>])[] = [
    ['nobody’s', async () => undefined],
    ['one of the same authority that nobody registered', () => company.issue({ names: [] })],
    [
      'one with the same name and the same key from another authority',
      async () => (await handAuthority('CN=Company')).issue({ names: [], subject: 'CN=ann', keys }),
    ],
    [
      'a newer one of the same authority with the same name and key',
      () => company.issue({ names: [], subject: 'CN=ann', keys }),
    ],
    ['one that an agent got from us', () => agentOf('worker')],
    [
      'one that names an agent, from elsewhere',
      () => company.issue({ names: [{ type: 'url', value: 'spiffe://writ.local/agent/ann' }] }),
    ],
  ]

  it.each(STRANGERS)('refuses %s alike', async (_, make) => {
    const answer = await signIn(await make())
    expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated'])
    expect(answer.cookie).toBe('')
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a link', { 'sec-fetch-site': 'none' }],
    ['an origin that is not ours', { ...SAME, origin: 'https://evil.example' }],
    ['a program that says nothing', {}],
  ])('refuses %s, which has the browser show it', async (_, headers) => {
    const answer = await signIn(ann, headers as Record<string, string>)
    expect([answer.status, answer.cookie]).toEqual([401, ''])
  })

  it('refuses a page of our own host that came without TLS', async () => {
    const { host } = new URL(site.url)
    const plain = await signIn(ann, { origin: `http://${host}` })
    expect([plain.status, plain.cookie]).toEqual([401, ''])
    const { status, cookie } = await signIn(ann, { origin: `https://${host}` })
    expect(status).toBe(201)
    const headers = { cookie, origin: `http://${host}` }
    expect((await site.ask({ path: '/v1/leases', as: ann, headers })).status).toBe(401)
  })

  it('a certificate in a header is nobody’s', async () => {
    const pem = encodeURIComponent(ann.cert)
    const told = { 'x-forwarded-client-cert': pem, 'x-ssl-cert': pem, 'client-cert': pem }
    expect((await signIn(undefined, { ...SAME, ...told })).status).toBe(401)
  })

  it('the API takes no certificate without a session, an agent’s neither', async () => {
    for (const as of [ann, await agentOf('other')]) {
      const answer = await site.ask({ path: '/v1/leases', as, headers: SAME })
      expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated'])
    }
  })
})

describe('a session of a certificate', () => {
  it('is of no use to a cookie alone, nor with the certificate of somebody else', async () => {
    const carl = await company.issue({ names: [], subject: 'CN=carl' })
    await add('carl', carl.cert)
    const { cookie } = await signIn(ann)
    expect((await leases(ann, cookie)).status).toBe(200)
    for (const as of [undefined, carl, await agentOf('thief')]) {
      expect((await leases(as, cookie)).status).toBe(401)
    }
  })

  it('changes something only with the token of its page', async () => {
    const { cookie, json } = await signIn(ann)
    const ask = (more: Record<string, string>) =>
      site.ask({
        method: 'POST',
        path: '/v1/operators',
        as: ann,
        headers: { ...SAME, cookie, ...more },
        body: { name: 'dora', role: 'operator' },
      })
    expect((await ask({})).status).toBe(403)
    expect((await ask({ 'x-writ-csrf': json.csrf })).status).toBe(201)
  })

  it('ends at once with the person, who can not sign in again', async () => {
    const eve = await company.issue({ names: [], subject: 'CN=eve' })
    await add('eve', eve.cert)
    const { cookie } = await signIn(eve)
    expect((await leases(eve, cookie)).status).toBe(200)
    const headers = { authorization: `Bearer ${site.ownerToken}` }
    await site.ask({ method: 'DELETE', path: '/v1/operators/eve', headers })
    expect((await leases(eve, cookie)).status).toBe(401)
    expect((await signIn(eve)).status).toBe(401)
    const again = await add('eve-again', eve.cert)
    expect(again.json.code).toBe('conflict')
  })

  it('ends with the certificate, on a connection that is still open too', async () => {
    const notAfter = new Date(Date.now() + 2_500)
    const brief = await company.issue({ names: [], subject: 'CN=brief', notAfter })
    await add('brief', brief.cert)
    const { cookie } = await signIn(brief)
    expect((await leases(brief, cookie)).status).toBe(200)
    await expect
      .poll(async () => (await leases(brief, cookie)).json.code, { timeout: 6_000, interval: 200 })
      .toBe('certificate_expired')
    expect((await signIn(brief)).json.code).toBe('certificate_expired')
  })
})

describe('a certificate that is registered', () => {
  const NOT_ONE = 'not one certificate in PEM'
  const UNFIT: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['no certificate at all', NOT_ONE, async () => 'hello'],
    ['a private key', NOT_ONE, async () => ann.key],
    ['two of them', NOT_ONE, async () => `${ann.cert}\n${company.pem}`],
    ['that of an authority', 'the certificate is that of an authority', async () => company.pem],
    [
      'that of an agent',
      'the certificate is that of an agent',
      async () => (await agentOf('sly')).cert,
    ],
    [
      'that of a server',
      'the certificate is not for clients',
      async () => {
        const usage = new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])
        return (await company.issue({ names: [], extensions: [usage] })).cert
      },
    ],
    [
      'one that is over',
      'the certificate is not in force',
      async () => {
        const notAfter = new Date(Date.now() - 1_000)
        return (await company.issue({ names: [], notAfter })).cert
      },
    ],
  ]

  it.each(UNFIT)('is not %s', async (_, detail, make) => {
    const answer = await add('unfit', await make())
    expect([answer.status, answer.json.code]).toEqual([400, 'malformed'])
    expect(answer.json.reasons).toMatchObject([{ pointer: '/certificate', detail }])
  })

  it('stands for one person alone', async () => {
    expect((await add('ann-too', ann.cert)).json.code).toBe('conflict')
  })
})

describe('the api listener over TLS', () => {
  it('shows the files of the settings, and asks nobody for a certificate unless told to', async () => {
    const names = [{ type: 'ip', value: '127.0.0.1' }] as const
    const own = await company.issue({ names, subject: 'CN=127.0.0.1' })
    const [cert, key] = [join(site.folder, 'api.crt'), join(site.folder, 'api.key')]
    writeFileSync(cert, own.cert)
    writeFileSync(key, own.key, { mode: 0o600 })
    const other = await startTlsSite({
      'listeners.api_tls': 'on',
      'listeners.api_certificate': cert,
      'listeners.api_private_key': key,
    })
    const asked = other.ask({ path: '/console/ways' })
    await expect(asked).rejects.toThrow(/unable to verify|unable to get/)
    const trusting = { ...ann, ca: company.pem }
    const { json } = await other.ask({ path: '/console/ways', as: trusting })
    expect(json).toEqual({ certificate: false })
    await other.close()
  })
})
