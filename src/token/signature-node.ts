import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { encodeBase64url } from './base64url.ts'
import type { SignatureCheck } from './jws.ts'
import type { VerificationKey } from './key.ts'

const imported = new WeakMap<VerificationKey, KeyObject>()

/** Node's own Ed25519, on the thread pool: the event loop goes on, and both cores verify. */
export const isGenuineByNode: SignatureCheck = (key, signed, signature) =>
  new Promise((resolve, reject) => {
    verify(null, Buffer.from(signed, 'latin1'), keyObject(key), signature, (error, genuine) => {
      if (error === null) resolve(genuine)
      else reject(error)
    })
  })

function keyObject(key: VerificationKey): KeyObject {
  const known = imported.get(key)
  if (known !== undefined) return known
  const x = encodeBase64url(key.publicKey)
  const fresh = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
  imported.set(key, fresh)
  return fresh
}
