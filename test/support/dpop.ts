import { createHash, type JsonWebKey, randomUUID, sign } from 'node:crypto'
import type { KeyThumbprint } from '../../src/domain/ids.ts'
import { freshEd25519, freshP256 } from './fresh-keys.ts'

type Members = Readonly<Record<string, unknown>>

/** What a proof is made for, and what is to be wrong about it. */
export interface ProofWanted {
  readonly method: string
  readonly url: string
  readonly token?: string
  readonly nonce?: string
  /** Seconds since 1970. */
  readonly now?: number
  readonly header?: Members
  readonly claims?: Members
}

/** Somebody with a key who proves it by hand: `node:crypto` and RFC 9449, nothing of ours. */
export interface Prover {
  readonly jwk: JsonWebKey
  readonly privateJwk: JsonWebKey
  readonly thumbprint: KeyThumbprint
  readonly alg: 'EdDSA' | 'ES256'
  prove(wanted: ProofWanted): string
  /** Signs whatever header and claims. */
  signed(header: unknown, claims: unknown): string
}

/** A prover with a fresh key. */
export function newProver(alg: Prover['alg'] = 'ES256'): Prover {
  const { publicKey, privateKey } = alg === 'EdDSA' ? freshEd25519() : freshP256()
  const jwk = publicKey.export({ format: 'jwk' })
  const { crv, kty, x, y } = jwk
  const required = kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  const signed = (header: unknown, claims: unknown): string => {
    const input = `${encoded(header)}.${encoded(claims)}`
    const hash = alg === 'EdDSA' ? null : 'sha256'
    const signature = sign(hash, Buffer.from(input), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${input}.${signature.toString('base64url')}`
  }
  return {
    jwk,
    privateJwk: privateKey.export({ format: 'jwk' }),
    thumbprint: digest(JSON.stringify(required)) as KeyThumbprint,
    alg,
    signed,
    prove: ({ method, url, token, nonce, now, header, claims }) =>
      signed(
        { typ: 'dpop+jwt', alg, jwk, ...header },
        {
          jti: randomUUID(),
          htm: method,
          htu: url.split(/[?#]/, 1)[0],
          iat: now ?? Math.floor(Date.now() / 1_000),
          ...(token === undefined ? {} : { ath: digest(token) }),
          ...(nonce === undefined ? {} : { nonce }),
          ...claims,
        },
      ),
  }
}

/** base64url(SHA-256(text)). */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

function encoded(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return Buffer.from(text).toString('base64url')
}
