import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

interface FreshKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** A new Ed25519 pair, read back from its encoding: see `generateKey` of the key ring for why. */
export function freshEd25519(): FreshKeys {
  const made = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  return readBack(made)
}

/** A new P-256 pair, read back in the same way. */
export function freshP256(): FreshKeys {
  const made = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  })
  return readBack(made)
}

function readBack(made: { readonly privateKey: Buffer; readonly publicKey: Buffer }): FreshKeys {
  return {
    privateKey: createPrivateKey({ key: made.privateKey, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: made.publicKey, format: 'der', type: 'spki' }),
  }
}
