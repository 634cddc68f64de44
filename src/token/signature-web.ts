import { base64url, type CryptoKey, compactVerify, errors, importJWK } from 'jose'
import { encodeBase64url } from './base64url.ts'
import type { SignatureCheck } from './jws.ts'
import type { VerificationKey } from './key.ts'

const imported = new WeakMap<VerificationKey, Promise<CryptoKey>>()

/** Ed25519 through jose and Web Crypto, for runtimes without Node's own; the same verdicts. */
export const isGenuineByWebCrypto: SignatureCheck = async (key, signed, signature) => {
  const cryptoKey = await importOnce(key)
  try {
    await compactVerify(`${signed}.${base64url.encode(signature)}`, cryptoKey, {
      algorithms: [key.alg],
    })
    return true
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return false
    throw error
  }
}

function importOnce(key: VerificationKey): Promise<CryptoKey> {
  const known = imported.get(key)
  if (known !== undefined) return known
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(key.publicKey) }
  const fresh = importJWK(jwk, key.alg) as Promise<CryptoKey>
  imported.set(key, fresh)
  return fresh
}
