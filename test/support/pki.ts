import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentUri } from '../../src/domain/ids.ts'
import { type EpochSeconds, epochSeconds } from '../../src/domain/time.ts'
import { type CertificateAuthority, openCertificateAuthority } from '../../src/pki/ca.ts'
import { createAgentRequest } from '../../src/pki/csr.ts'
import {
  BasicConstraintsExtension,
  type Extension,
  generateKeyPair,
  type JsonGeneralName,
  type KeyPair,
  KeyUsageFlags,
  KeyUsagesExtension,
  P256,
  privateKeyPem,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '../../src/pki/x509.ts'
import { openMasterKey } from '../../src/vault/envelope.ts'

/** The trust domain of the tests. */
export const TRUST_DOMAIN = 'acme.example'

/** The moment the test process started. TLS looks at the real clock, so certificates start there. */
export const STARTED: EpochSeconds = epochSeconds(Math.floor(Date.now() / 1000))

/** Names an agent of the tests' trust domain. */
export function agentUri(name: string, kind: 'agent' | 'gateway' = 'agent'): AgentUri {
  return `spiffe://${TRUST_DOMAIN}/${kind}/${name}` as AgentUri
}

/** A folder of its own for keys. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'writ-test-'))
}

/** A certificate with its key, PEM both, as an agent holds them. */
export interface Credential {
  readonly cert: string
  readonly key: string
}

/** The built-in authority in a fresh folder. */
export async function testAuthority(
  trustDomain: string = TRUST_DOMAIN,
): Promise<CertificateAuthority> {
  const keysDir = join(freshFolder(), 'keys')
  const master = await openMasterKey(keysDir, {})
  return openCertificateAuthority({ keysDir, master, trustDomain, now: STARTED })
}

/** Enrolls an agent with the built-in authority. */
export async function enrolled(
  ca: CertificateAuthority,
  uri: AgentUri,
  terms: { readonly now?: EpochSeconds; readonly seconds?: number } = {},
): Promise<Credential> {
  const { csrPem, privateKeyPem: key } = await createAgentRequest(uri)
  const issued = await ca.issueAgent({ csrPem, uri, now: STARTED, ...terms })
  if (!issued.ok) throw new Error(issued.refusal.code)
  return { cert: issued.value.pem, key }
}

/** An authority made by hand, for certificates the built-in one would never issue. */
export interface HandAuthority {
  readonly pem: string
  readonly keys: KeyPair
  readonly subject: string
  issue(order: HandOrder): Promise<Credential>
}

/** What to put into a hand-made certificate. */
export interface HandOrder {
  readonly names: readonly JsonGeneralName[]
  readonly extensions?: readonly Extension[]
  readonly authority?: boolean
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly keys?: KeyPair
  readonly subject?: string
}

const DAY = 24 * 60 * 60 * 1000

/** An authority whose key the test holds; self-signed, or signed by another. */
export async function handAuthority(
  subject: string,
  parent?: HandAuthority,
  pathLength?: number,
): Promise<HandAuthority> {
  const keys = await generateKeyPair()
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(16).toString('hex')}`,
    subject,
    issuer: parent?.subject ?? subject,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + DAY),
    publicKey: keys.publicKey,
    signingKey: parent?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(true, pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  })
  const pem = certificate.toString('pem')
  return { pem, keys, subject, issue: (order) => issueByHand({ keys, subject }, order) }
}

async function issueByHand(
  by: { readonly keys: KeyPair; readonly subject: string },
  order: HandOrder,
): Promise<Credential> {
  const keys = order.keys ?? (await generateKeyPair())
  const names = [...order.names]
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(16).toString('hex')}`,
    subject: order.subject ?? 'CN=leaf',
    issuer: by.subject,
    notBefore: order.notBefore ?? new Date(Date.now() - DAY),
    notAfter: order.notAfter ?? new Date(Date.now() + DAY),
    publicKey: keys.publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: P256,
    extensions: [
      new BasicConstraintsExtension(order.authority ?? false, undefined, true),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ...(order.extensions ?? []),
    ],
  })
  return { cert: certificate.toString('pem'), key: await privateKeyPem(keys.privateKey) }
}

/** Reads a PEM certificate for the eyes of a test. */
export function readCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem)
}
