import { calculateJwkThumbprint, type JWK } from 'jose'
import { type KeyThumbprint, parseKeyThumbprint } from '../domain/ids.ts'
import { accept, type Result } from '../domain/result.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { malformed } from './jws.ts'
import type { KeySource, VerificationKey } from './key.ts'
import { faultFinder, isObject, matching, object, oneOf, parsedBy } from './shape.ts'
import { parseEd25519PublicKey } from './weak-keys.ts'

/** Our own member of a JWK, named after RFC 7517 §4: what the key may sign. */
const PURPOSE = 'urn:writ:purpose'

/** A public key as published (RFC 7517, RFC 8037). */
export interface PublishedKey extends JWK {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly alg: string
  readonly use: 'sig'
  readonly [PURPOSE]: string
}

/** A JWK set (RFC 7517 §5) of our keys; it has no private member, ever. */
export interface PublishedKeys {
  readonly keys: PublishedKey[]
}

const isPublishedKey = object({
  required: {
    kty: oneOf(['OKP']),
    crv: oneOf(['Ed25519']),
    x: matching(/^[A-Za-z0-9_-]{43}$/),
    kid: parsedBy(parseKeyThumbprint),
    alg: oneOf(['EdDSA', 'Ed25519']),
    use: oneOf(['sig']),
    [PURPOSE]: oneOf(['token', 'receipt', 'checkpoint', 'feed', 'event', 'status', 'leash']),
  },
})
const findFault = faultFinder({ required: { keys: Array.isArray } })

/** Publishes keys, in the order given. */
export function publish(keys: Iterable<VerificationKey>): PublishedKeys {
  return {
    keys: Array.from(keys, ({ kid, alg, purpose, publicKey }) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: encodeBase64url(publicKey),
      kid,
      alg,
      use: 'sig',
      [PURPOSE]: purpose,
    })),
  }
}

/**
 * The keys of a set that `publish` made, for an enforcement point that is not the authority. All or
 * nothing: `malformed` when a key is weak, is not what its `kid` says, is there twice, or has a
 * member we do not publish (a private one above all). The set is a picture of one moment: fetch it
 * again to learn of rotation.
 */
export async function readPublishedKeys(value: unknown): Promise<Result<KeySource>> {
  const fault = findFault(value)
  if (fault !== undefined) return malformed(fault, 'A JWK set.')
  const keys = new Map<KeyThumbprint, VerificationKey>()
  for (const [index, published] of (value as PublishedKeys).keys.entries()) {
    const key = await readKey(published)
    if (key === undefined || keys.has(key.kid)) return malformed(`/keys/${index}`, 'Not a key.')
    keys.set(key.kid, key)
  }
  return accept({ verification: (kid) => keys.get(kid) })
}

async function readKey(published: unknown): Promise<VerificationKey | undefined> {
  if (!isObject(published) || !isPublishedKey(published)) return undefined
  const { x, kid, alg, [PURPOSE]: purpose } = published as unknown as PublishedKey
  const bytes = decodeBase64url(x)
  if (bytes === undefined || !parseEd25519PublicKey(bytes).ok) return undefined
  if ((await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })) !== kid) return undefined
  return { kid, alg, purpose, publicKey: bytes } as VerificationKey
}
