import type { webcrypto } from 'node:crypto'
import type { SignatureCheck } from './jws.ts'
import type { VerificationKey } from './key.ts'
import { isGenuineByNoble } from './signature-noble.ts'

type Imported = webcrypto.CryptoKey | undefined

const imported = new WeakMap<VerificationKey, Promise<Imported>>()
const ascii = new TextEncoder()

/**
 * Ed25519 through Web Crypto, for runtimes without Node's own; the same verdicts. A runtime whose
 * Web Crypto does not know Ed25519 is served by `isGenuineByNoble`, which is slower.
 */
export const isGenuineByWebCrypto: SignatureCheck = async (key, signed, signature) => {
  const cryptoKey = await importOnce(key)
  if (cryptoKey === undefined) return isGenuineByNoble(key, signed, signature)
  const { subtle } = globalThis.crypto
  return subtle.verify('Ed25519', cryptoKey, signature, ascii.encode(signed))
}

function importOnce(key: VerificationKey): Promise<Imported> {
  const known = imported.get(key)
  if (known !== undefined) return known
  const { subtle } = globalThis.crypto
  const fresh = subtle
    .importKey('raw', key.publicKey, 'Ed25519', false, ['verify'])
    .catch((cause: unknown) => {
      if (isUnknownAlgorithm(cause)) return undefined
      throw cause
    })
  imported.set(key, fresh)
  return fresh
}

/** Web Crypto §18.4.4: an algorithm that is not registered is a `NotSupportedError`. */
function isUnknownAlgorithm(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'NotSupportedError'
}
