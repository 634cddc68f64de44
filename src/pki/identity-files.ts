import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { AgentUri } from '../domain/ids.ts'
import type { EpochSeconds } from '../domain/time.ts'
import { exclusively } from '../vault/folder-lock.ts'
import { readProvidedSecret, readSecretFile, replaceSecretFile } from '../vault/secret-file.ts'
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

/** A reader may meet a renewal half done, and then reads again. */
const READS_MAX = 5

/**
 * Reads certificate and key, and changes nothing. While a renewal is half done, or was left so by a
 * process that died, the key of the certificate is found beside the old one. Throws with a plain
 * sentence when a file is missing, others can read the key, the key is not that of the certificate,
 * or the certificate is not of the X509-SVID shape.
 */
export function openIdentity(files: IdentityFiles): Identity {
  for (let left = READS_MAX; ; left -= 1) {
    const certificatePem = readCertificateFile(files.certificate)
    const key = readProvidedSecret(files.privateKey)
    const next = readNext(files)
    const fits = next !== undefined && isPair(certificatePem, next) ? next : key
    if (left === 0 || isPair(certificatePem, fits)) return readIdentity(certificatePem, fits)
  }
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
 * place. Each step is whole or not done, and between any two, and after a crash there,
 * `openIdentity` finds a pair. One process at a time: of several that renew, the certificate that
 * ends last stays. Rejects when the files can not be written.
 */
export function replaceIdentity(files: IdentityFiles, identity: Identity): Promise<void> {
  return exclusively(`${files.privateKey}.lock`, () => {
    const kept = existsSync(files.certificate) ? openIdentity(files) : undefined
    if (kept !== undefined && kept.notAfter > identity.notAfter) return
    const next = files.privateKey + NEXT
    if (kept !== undefined && kept.privateKeyPem === readNext(files)) {
      renameSync(next, files.privateKey)
    }
    replaceSecretFile(next, identity.privateKeyPem)
    replaceSecretFile(files.certificate, identity.certificatePem)
    renameSync(next, files.privateKey)
  })
}

function readNext(files: IdentityFiles): string | undefined {
  return readSecretFile(files.privateKey + NEXT)
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
