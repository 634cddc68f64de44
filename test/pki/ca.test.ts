import { X509Certificate as NodeCertificate } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AgentUri } from '../../src/domain/ids.ts'
import { AGENT_CERTIFICATE_SECONDS, ROOT_CERTIFICATE_SECONDS } from '../../src/domain/limits.ts'
import { later } from '../../src/domain/time.ts'
import { type CertificateAuthority, openCertificateAuthority } from '../../src/pki/ca.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import { thumbprintOf } from '../../src/pki/thumbprint.ts'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  generateKeyPair,
  KeyUsageFlags,
  KeyUsagesExtension,
  P256,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '../../src/pki/x509.ts'
import { openMasterKey } from '../../src/vault/envelope.ts'
import {
  agentUri,
  enrolled,
  freshFolder,
  readCertificate,
  STARTED,
  TRUST_DOMAIN,
  testAuthority,
} from '../support/pki.ts'

describe('the built-in authority decides what a certificate says', () => {
  let ca: CertificateAuthority
  beforeAll(async () => {
    ca = await testAuthority()
  })

  it('issues a leaf of the X509-SVID shape', async () => {
    const { csrPem } = await createAgentRequest(agentUri('worker'))
    const issued = await ca.issueAgent({ csrPem, uri: agentUri('worker'), now: STARTED })
    if (!issued.ok) throw new Error(issued.refusal.code)
    const leaf = readCertificate(issued.value.pem)
    expect(issued.value.thumbprint).toBe(thumbprintOf(leaf.rawData))
    expect(issued.value.notAfter).toBe(later(STARTED, AGENT_CERTIFICATE_SECONDS))
    expect(leaf.subject).toBe('')
    expect(leaf.notBefore.getTime()).toBe((STARTED - 60) * 1000)
    expect(leaf.serialNumber).toMatch(/^01[0-9a-f]{32}$/)
    const constraints = leaf.getExtension(BasicConstraintsExtension)
    expect([constraints?.ca, constraints?.critical]).toEqual([false, true])
    const usages = leaf.getExtension(KeyUsagesExtension)
    expect([usages?.usages, usages?.critical]).toEqual([KeyUsageFlags.digitalSignature, true])
    const names = leaf.getExtension(SubjectAlternativeNameExtension)
    expect(names?.names.toJSON()).toEqual([{ type: 'url', value: agentUri('worker') }])
    const purposes = leaf.getExtension(ExtendedKeyUsageExtension)?.usages
    expect(purposes).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
    const root = new NodeCertificate(ca.rootPem)
    expect(new NodeCertificate(issued.value.pem).verify(root.publicKey)).toBe(true)
  })

  it('ignores every subject and extension the request asks for', async () => {
    const keys = await generateKeyPair()
    const greedy = await Pkcs10CertificateRequestGenerator.create({
      keys,
      name: 'CN=admin, O=acme',
      signingAlgorithm: P256,
      extensions: [
        new BasicConstraintsExtension(true, 5, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
        new SubjectAlternativeNameExtension([
          { type: 'url', value: agentUri('admin') },
          { type: 'dns', value: 'gateway.example' },
        ]),
      ],
    })
    const order = { csrPem: greedy.toString('pem'), uri: agentUri('worker'), now: STARTED }
    const issued = await ca.issueAgent(order)
    if (!issued.ok) throw new Error(issued.refusal.code)
    const leaf = readCertificate(issued.value.pem)
    expect(leaf.subject).toBe('')
    expect(leaf.getExtension(BasicConstraintsExtension)?.ca).toBe(false)
    expect(leaf.getExtension(KeyUsagesExtension)?.usages).toBe(KeyUsageFlags.digitalSignature)
    const names = leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()
    expect(names).toEqual([{ type: 'url', value: agentUri('worker') }])
  })

  it('certifies enforcement points below /gateway/', async () => {
    await expect(enrolled(ca, agentUri('edge-1', 'gateway'))).resolves.toBeDefined()
  })

  it('names the servers of an enforcement point beside its one URI, and of nobody else', async () => {
    const { csrPem } = await createAgentRequest(agentUri('edge'))
    const order = { csrPem, now: STARTED, serverNames: ['gw.acme.example', '::1'] }
    const issued = await ca.issueAgent({ ...order, uri: agentUri('edge', 'gateway') })
    if (!issued.ok) throw new Error(issued.refusal.code)
    const leaf = readCertificate(issued.value.pem)
    expect(leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'url', value: agentUri('edge', 'gateway') },
      { type: 'dns', value: 'gw.acme.example' },
      { type: 'ip', value: '::1' },
    ])
    const agent = await ca.issueAgent({ ...order, uri: agentUri('edge') })
    expect(agent).toMatchObject({ ok: false, refusal: { code: 'malformed' } })
    const uri = agentUri('edge', 'gateway')
    const wild = await ca.issueAgent({ ...order, uri, serverNames: ['*.acme.example'] })
    expect(wild).toMatchObject({ ok: false, refusal: { code: 'malformed' } })
  })

  it.each([
    'spiffe://evil.example/agent/worker',
    'spiffe://acme.example/worker',
    'spiffe://acme.example/agent',
    'spiffe://acme.example/agent/',
    'spiffe://acme.example/agent/a/b',
    'spiffe://acme.example/owner/a',
    'spiffe://acme.example/agent/..',
    'spiffe://acme.example/agent/a b',
    'https://acme.example/agent/a',
  ])('certifies nothing called %s', async (uri) => {
    const { csrPem } = await createAgentRequest(agentUri('worker'))
    const issued = await ca.issueAgent({ csrPem, uri: uri as AgentUri, now: STARTED })
    expect(issued).toMatchObject({ ok: false, refusal: { code: 'malformed' } })
  })

  it.each([0, -1, 0.5, AGENT_CERTIFICATE_SECONDS + 1])(
    'refuses a life of %d s',
    async (seconds) => {
      const { csrPem } = await createAgentRequest(agentUri('worker'))
      const order = { csrPem, uri: agentUri('worker'), now: STARTED, seconds }
      expect(await ca.issueAgent(order)).toMatchObject({ ok: false })
    },
  )

  it('never outlives its root, and signs nothing after it', async () => {
    const { csrPem } = await createAgentRequest(agentUri('worker'))
    const end = later(STARTED, ROOT_CERTIFICATE_SECONDS)
    const late = { csrPem, uri: agentUri('worker'), now: later(end, -10) }
    expect(await ca.issueAgent(late)).toMatchObject({ ok: true, value: { notAfter: end } })
    await expect(ca.issueAgent({ ...late, now: end })).rejects.toThrow(/reached its end/)
  })

  it('issues server certificates that can not speak for a client', async () => {
    const made = await ca.issueServer({ names: ['gw.acme.example', '::1'], now: STARTED })
    const leaf = readCertificate(made.certificatePem)
    expect(leaf.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual(['1.3.6.1.5.5.7.3.1'])
    expect(leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'dns', value: 'gw.acme.example' },
      { type: 'ip', value: '::1' },
    ])
    for (const names of [[], ['*.acme.example'], ['GW'], ['a b'], ['spiffe://a/b']]) {
      await expect(ca.issueServer({ names, now: STARTED })).rejects.toThrow()
    }
  })
})

describe('I12: the root key rests sealed', () => {
  const open = async (keysDir: string, trustDomain = TRUST_DOMAIN) => {
    const master = await openMasterKey(keysDir, {})
    return openCertificateAuthority({ keysDir, master, trustDomain, now: STARTED })
  }

  it('is the same authority after a restart', async () => {
    const keysDir = join(freshFolder(), 'keys')
    const first = await open(keysDir)
    expect((await open(keysDir)).rootPem).toBe(first.rootPem)
  })

  it('is one authority when two processes start at once', async () => {
    const keysDir = join(freshFolder(), 'keys')
    await openMasterKey(keysDir, {})
    const opened = await Promise.all([open(keysDir), open(keysDir), open(keysDir)])
    expect(new Set(opened.map(({ rootPem }) => rootPem)).size).toBe(1)
  })

  it('leaves no key in the clear and no file for others to read', async () => {
    const keysDir = join(freshFolder(), 'keys')
    await open(keysDir)
    for (const file of readdirSync(keysDir)) {
      expect(statSync(join(keysDir, file)).mode & 0o077).toBe(0)
      expect(readFileSync(join(keysDir, file), 'utf8')).not.toMatch(/PRIVATE KEY|BEGIN/)
    }
  })

  it('does not open for another trust domain, nor when a byte was changed', async () => {
    const keysDir = join(freshFolder(), 'keys')
    await open(keysDir)
    await expect(open(keysDir, 'other.example')).rejects.toThrow()
    const path = join(keysDir, 'certificate-authority.sealed')
    const text = readFileSync(path, 'utf8')
    const at = Math.floor(text.length / 2)
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
    writeFileSync(path, changed)
    await expect(open(keysDir)).rejects.toThrow()
  })
})
