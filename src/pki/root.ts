import { webcrypto } from 'node:crypto'
import { join } from 'node:path'
import { ROOT_CERTIFICATE_SECONDS } from '../domain/limits.ts'
import { type EpochSeconds, epochSeconds, later } from '../domain/time.ts'
import {
  createSecretFile,
  type MasterKey,
  type MasterKeys,
  readSecretFile,
  replaceSecretFile,
  resealed,
  seal,
  unseal,
} from '../vault/envelope.ts'
import { randomSerial, rootExtensions, validity } from './profile.ts'
import {
  generateKeyPair,
  importPrivateKey,
  type Key,
  P256,
  privateKeyPem,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts'

/** The root of the built-in authority, ready to sign. */
export interface Root {
  readonly pem: string
  readonly subject: string
  readonly notAfter: EpochSeconds
  readonly publicKey: Key
  /** Signs, and can not be exported. */
  readonly privateKey: Key
}

/** Certificate and key lie in one sealed text, so that no crash can part them. */
interface Kept {
  readonly certificate: string
  readonly privateKey: string
}

const FILE = 'certificate-authority.sealed'

/**
 * The root kept in `keysDir`, made on the first start. Of several processes that start at once, one
 * makes it and the others read it. Throws when the seal does not hold (which includes another trust
 * domain: it is part of the label), or when key and certificate do not belong together.
 */
export async function openRoot(setup: {
  readonly keysDir: string
  readonly master: MasterKey
  readonly trustDomain: string
  readonly now: EpochSeconds
}): Promise<Root> {
  const { keysDir, master, trustDomain, now } = setup
  const path = join(keysDir, FILE)
  const kept = readSecretFile(path)
  if (kept !== undefined) return openSealedRoot(master, trustDomain, kept)
  createSecretFile(path, await createSealedRoot(master, trustDomain, now))
  return openSealedRoot(master, trustDomain, readSecretFile(path) ?? '')
}

/**
 * Seals the root of a folder under another master key, whole or not at all. Throws when neither key
 * opens it; false when there is none. Safe to do again.
 */
export function resealRoot(keysDir: string, trustDomain: string, keys: MasterKeys): boolean {
  const path = join(keysDir, FILE)
  const kept = readSecretFile(path)
  if (kept === undefined) return false
  const fresh = resealed(keys, labelOf(trustDomain), kept)
  if (fresh === 'unopened') throw new Error(`${path} was changed or is of another trust domain.`)
  if (fresh !== 'already') replaceSecretFile(path, fresh.text)
  return true
}

async function createSealedRoot(
  master: MasterKey,
  trustDomain: string,
  now: EpochSeconds,
): Promise<string> {
  const keys = await generateKeyPair()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: subjectOf(trustDomain),
    ...validity(now, later(now, ROOT_CERTIFICATE_SECONDS)),
    keys,
    signingAlgorithm: P256,
    extensions: await rootExtensions(keys.publicKey),
  })
  const kept: Kept = {
    certificate: certificate.toString('pem'),
    privateKey: await privateKeyPem(keys.privateKey),
  }
  return seal(master, labelOf(trustDomain), Buffer.from(JSON.stringify(kept)))
}

async function openSealedRoot(
  master: MasterKey,
  trustDomain: string,
  sealed: string,
): Promise<Root> {
  const kept = JSON.parse(unseal(master, labelOf(trustDomain), sealed).toString('utf8')) as Kept
  const certificate = new X509Certificate(kept.certificate)
  const privateKey = await importPrivateKey(kept.privateKey)
  const publicKey = await certificate.publicKey.export(P256, ['verify'])
  if (!(await belongTogether(privateKey, publicKey))) {
    throw new Error('the root key of the authority does not match its certificate')
  }
  return {
    pem: certificate.toString('pem'),
    subject: certificate.subject,
    notAfter: epochSeconds(Math.floor(certificate.notAfter.getTime() / 1000)),
    publicKey,
    privateKey,
  }
}

async function belongTogether(privateKey: Key, publicKey: Key): Promise<boolean> {
  const challenge = webcrypto.getRandomValues(new Uint8Array(32))
  const signature = await webcrypto.subtle.sign(P256, privateKey, challenge)
  return webcrypto.subtle.verify(P256, publicKey, signature, challenge)
}

function labelOf(trustDomain: string): string {
  return `certificate-authority:${trustDomain}`
}

function subjectOf(trustDomain: string): string {
  return `CN=Writ root, O=${trustDomain}`
}
