import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { AgentUri } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { readProvidedSecret, replaceSecretFile } from '../vault/secret-file.ts'
import { readLeaf } from './leaf.ts'
import { X509Certificate as Leaf, PemConverter, SubjectAlternativeNameExtension } from './x509.ts'

/** Where a process keeps who it is. */
export interface IdentityFiles {
  readonly certificate: string
  readonly privateKey: string
}

/** Who a process is: one URI, the names it serves under, and the key that proves it (I12). */
export interface Identity {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly uri: AgentUri
  readonly serverNames: readonly string[]
  readonly notBefore: EpochSeconds
  readonly notAfter: EpochSeconds
}

/** The new key while the certificate is not yet that of the new key. */
const NEXT = '.next'

/**
 * Reads certificate and key. A process that ended in the middle of `replaceIdentity` left the new
 * key beside the old one: it is put in its place. Throws with a plain sentence when a file is
 * missing, others can read the key, the key is not that of the certificate, or the certificate is
 * not of the X509-SVID shape.
 */
export function openIdentity(files: IdentityFiles): Identity {
  const certificatePem = readCertificateFile(files.certificate)
  const next = files.privateKey + NEXT
  if (existsSync(next) && isPair(certificatePem, readProvidedSecret(next))) {
    renameSync(next, files.privateKey)
  }
  return readIdentity(certificatePem, readProvidedSecret(files.privateKey))
}

/** Reads an identity from PEM texts; throws as `openIdentity` does. */
export function readIdentity(certificatePem: string, privateKeyPem: string): Identity {
  const der = PemConverter.decodeFirst(certificatePem)
  const leaf = readLeaf(new Uint8Array(der))
  if (typeof leaf === 'string') throw new Error(`This is no certificate for a process: ${leaf}.`)
  if (!isPair(certificatePem, privateKeyPem)) {
    throw new Error('The private key is not that of the certificate.')
  }
  const names = new Leaf(der).getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const serverNames = names.flatMap(({ type, value }) => (type === 'url' ? [] : [value]))
  const { uri, notBefore, notAfter } = leaf
  return { certificatePem, privateKeyPem, uri, serverNames, notBefore, notAfter }
}

/**
 * Keeps a renewed identity: new key beside the old, then the certificate, then the key in its
 * place. Each step is whole or not done, and after a crash between any two `openIdentity` finds a
 * pair.
 */
export function replaceIdentity(files: IdentityFiles, identity: Identity): void {
  const next = files.privateKey + NEXT
  replaceSecretFile(next, identity.privateKeyPem)
  replaceSecretFile(files.certificate, identity.certificatePem)
  renameSync(next, files.privateKey)
}

function readCertificateFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`There is no certificate in ${path}.`, { cause })
  }
}

function isPair(certificatePem: string, privateKeyPem: string): boolean {
  try {
    return new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem))
  } catch {
    return false
  }
}
