import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openTrustFolder, type TrustBundles, trustBundles } from '../../src/pki/trust.ts'
import { Extension } from '../../src/pki/x509.ts'
import {
  agentUri,
  type Credential,
  freshFolder,
  type HandAuthority,
  handAuthority,
  readCertificate,
  TRUST_DOMAIN,
} from '../support/pki.ts'
import { type IdentityListener, identityClient, identityListener } from '../support/pki-listener.ts'

const uri = (value: string) => ({ type: 'url', value }) as const

describe('every trust domain has its own authorities', () => {
  let own: HandAuthority
  let foreign: HandAuthority
  let bundles: TrustBundles
  let listener: IdentityListener | undefined

  beforeAll(async () => {
    own = await handAuthority('CN=own')
    foreign = await handAuthority('CN=foreign')
    bundles = trustBundles(
      new Map([
        [TRUST_DOMAIN, own.pem],
        ['partner.example', foreign.pem],
      ]),
    )
  })
  afterEach(async () => {
    await listener?.close()
    listener = undefined
  })

  const judged = async (credential: Credential) => {
    listener = await identityListener({ clientAuthorities: bundles.authorities, bundles })
    const client = await identityClient(listener, credential)
    const identity = await client.ask()
    client.socket.destroy()
    return identity
  }

  it('takes an agent of a partner, signed by the partner', async () => {
    const names = [uri('spiffe://partner.example/ns/x/sa/y')]
    expect(await judged(await foreign.issue({ names }))).toMatchObject({
      ok: true,
      value: { uri: 'spiffe://partner.example/ns/x/sa/y' },
    })
  })

  it('takes an own agent, signed by the own authority', async () => {
    const names = [uri(agentUri('worker'))]
    expect(await judged(await own.issue({ names }))).toMatchObject({ ok: true })
  })

  it('refuses an own agent that a partner signed, though TLS let it in', async () => {
    const names = [uri(agentUri('worker'))]
    const reason = 'no authority of its trust domain signed the certificate'
    expect(await judged(await foreign.issue({ names }))).toMatchObject({
      ok: false,
      refusal: { code: 'unauthenticated', facts: { reason } },
    })
  })

  it('refuses an own agent of a partner that took the name of our authority', async () => {
    const twin = await handAuthority('CN=own')
    const leaf = await twin.issue({ names: [uri(agentUri('worker'))] })
    const der = new Uint8Array(readCertificate(leaf.cert).rawData)
    expect(bundles.signed(TRUST_DOMAIN, der)).toBe(false)
  })

  it('refuses a trust domain without a bundle', async () => {
    const names = [uri('spiffe://stranger.example/agent/worker')]
    expect(await judged(await foreign.issue({ names }))).toMatchObject({
      ok: false,
      refusal: { code: 'unauthenticated' },
    })
  })

  it('follows intermediates that are in the bundle, as far as they may go', async () => {
    const middle = await handAuthority('CN=middle', foreign)
    const leaf = await middle.issue({ names: [uri('spiffe://partner.example/agent/a')] })
    const der = new Uint8Array(readCertificate(leaf.cert).rawData)
    const bundleOf = (...pems: string[]) => trustBundles(new Map([['p.example', pems.join('\n')]]))
    expect(bundleOf(foreign.pem, middle.pem).signed('p.example', der)).toBe(true)
    expect(bundleOf(foreign.pem).signed('p.example', der)).toBe(false)
    const shallow = await handAuthority('CN=shallow', undefined, 0)
    const tooDeep = await handAuthority('CN=too deep', shallow)
    const deepLeaf = await tooDeep.issue({ names: [uri('spiffe://partner.example/agent/a')] })
    const deepDer = new Uint8Array(readCertificate(deepLeaf.cert).rawData)
    expect(bundleOf(shallow.pem, tooDeep.pem).signed('p.example', deepDer)).toBe(false)
  })

  it('refuses bundles with anything in them but sound authorities', async () => {
    const bundle = (pem: string) => () => trustBundles(new Map([['p.example', pem]]))
    const leaf = await foreign.issue({ names: [] })
    expect(bundle(leaf.cert)).toThrow(/not an authority/)
    expect(bundle(leaf.key)).toThrow(/PRIVATE KEY in it/)
    expect(bundle('')).toThrow(/no self-signed authority/)
    const middle = await handAuthority('CN=middle', foreign)
    expect(bundle(middle.pem)).toThrow(/no self-signed authority/)
    const nameConstraints = new Extension('2.5.29.30', true, new Uint8Array([0x30, 0]))
    const constrained = await foreign.issue({
      names: [],
      authority: true,
      extensions: [nameConstraints],
    })
    expect(bundle(constrained.cert)).toThrow(/2\.5\.29\.30 is not enforced here/)
  })

  it('reads a folder with one file for each partner', () => {
    const folder = freshFolder()
    const our = { trustDomain: TRUST_DOMAIN, rootPem: own.pem }
    writeFileSync(join(folder, 'partner.example.pem'), foreign.pem)
    const read = openTrustFolder(folder, our, vi.fn()).bundles()
    expect(read.trustDomains).toEqual([TRUST_DOMAIN, 'partner.example'])
    expect(read.authorities).toHaveLength(2)
    writeFileSync(join(folder, `${TRUST_DOMAIN}.pem`), foreign.pem)
    expect(() => openTrustFolder(folder, our, vi.fn()).bundles()).toThrow(/has its own authority/)
  })

  it('reads the folder again: what was taken away is gone, and what is wrong changes nothing', () => {
    const folder = freshFolder()
    const file = join(folder, 'partner.example.pem')
    writeFileSync(file, foreign.pem)
    const failed = vi.fn()
    const our = { trustDomain: TRUST_DOMAIN, rootPem: own.pem }
    const trusted = openTrustFolder(folder, our, failed)
    writeFileSync(file, 'half a bundle')
    trusted.reread()
    expect(trusted.bundles().trustDomains).toContain('partner.example')
    expect(failed).toHaveBeenCalledOnce()
    rmSync(file)
    trusted.reread()
    expect(trusted.bundles().trustDomains).toEqual([TRUST_DOMAIN])
  })

  it('reads a mounted ConfigMap, whose files lead through folders that begin with dots', () => {
    const folder = freshFolder()
    mkdirSync(join(folder, '..2026_11_21'))
    writeFileSync(join(folder, '..2026_11_21', 'partner.example.pem'), foreign.pem)
    symlinkSync('..2026_11_21', join(folder, '..data'))
    symlinkSync('..data/partner.example.pem', join(folder, 'partner.example.pem'))
    const our = { trustDomain: TRUST_DOMAIN, rootPem: own.pem }
    expect(openTrustFolder(folder, our, vi.fn()).bundles().trustDomains).toEqual([
      TRUST_DOMAIN,
      'partner.example',
    ])
  })

  it('names the bundle that can not be read', () => {
    const folder = freshFolder()
    const our = { trustDomain: TRUST_DOMAIN, rootPem: own.pem }
    const file = join(folder, 'partner.example.pem')
    mkdirSync(file)
    expect(() => openTrustFolder(folder, our, vi.fn()).bundles()).toThrow(
      /partner\.example\.pem: this can not/,
    )
    rmSync(file, { recursive: true })
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n')
    expect(() => openTrustFolder(folder, our, vi.fn()).bundles()).toThrow(
      /partner\.example: no certificate can be/,
    )
  })

  it('refuses files with other names', () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'README'), 'x')
    const our = { trustDomain: TRUST_DOMAIN, rootPem: own.pem }
    expect(() => openTrustFolder(folder, our, vi.fn()).bundles()).toThrow(
      /README: name it <trust domain>\.pem/,
    )
  })
})
