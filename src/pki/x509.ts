import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { cryptoProvider, PemConverter } from '@peculiar/x509'

/**
 * The one door to `@peculiar/x509`: it has to be loaded after `reflect-metadata`, and be told which
 * WebCrypto to use. Everything else in this folder imports it from here.
 */
export * from '@peculiar/x509'

cryptoProvider.set(webcrypto)

/** A private or public key as WebCrypto holds it. */
export type Key = webcrypto.CryptoKey
/** Both halves of one key. */
export type KeyPair = webcrypto.CryptoKeyPair

/** The one kind of key in certificates of our own making: browsers refuse Ed25519 ones. */
export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A fresh P-256 key pair; extractable, so that it can be sealed or handed to its owner once. */
export function generateKeyPair(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
}

/** The private key as PKCS #8 PEM. A secret (I12). */
export async function privateKeyPem(key: Key): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key)
  return PemConverter.encode(der, 'PRIVATE KEY')
}

/** Reads a PKCS #8 PEM of a P-256 key; the result signs and can not be exported. Throws when it is
 * anything else. */
export function importPrivateKey(pem: string): Promise<Key> {
  const der = PemConverter.decodeFirst(pem)
  return webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign'])
}
