import { sign } from 'node:crypto'
import type { TokenClaims } from '../domain/token.ts'
import { encodeBase64url } from './base64url.ts'
import { parseToken } from './check.ts'
import type { KeyPurpose, SigningKey } from './key.ts'
import { TOKEN_TYP, toWire } from './wire.ts'

/** Characters of a signature part: 64 bytes in base64url. */
const SIGNATURE_CHARACTERS = 86

/**
 * Signs a token (compact JWS, RFC 7515; header exactly alg, typ, kid). The same claims and key give
 * the same bytes. Throws when the key is for something else, or when our own strict reader would
 * refuse the result: that is a bug of the caller, better found here than at an enforcement point.
 */
export async function signToken(key: SigningKey, claims: TokenClaims): Promise<string> {
  const text = await signCompact(key, {
    purpose: 'token',
    typ: TOKEN_TYP[claims.kind],
    payload: toWire(claims),
  })
  const read = parseToken(text, claims.kind)
  if (read.ok) return text
  const { code, facts } = read.refusal
  throw new Error(`These claims make no token: ${code} ${JSON.stringify(facts)}.`)
}

/**
 * Bytes of the token these claims make under this key, without signing it. For use-cases that
 * refuse (`too_large`, beyond TOKEN_BYTES_MAX) before they promise a token.
 */
export function tokenBytes(key: SigningKey, claims: TokenClaims): number {
  const signed = signingInput(key, TOKEN_TYP[claims.kind], toWire(claims))
  return signed.length + 1 + SIGNATURE_CHARACTERS
}

/**
 * Signs any payload of ours as a compact JWS. Throws when the key is for another purpose. Node's
 * Ed25519 on the thread pool: half the cost of jose here, and a batch does not hold up the event
 * loop.
 */
export async function signCompact(
  key: SigningKey,
  statement: {
    readonly purpose: KeyPurpose
    readonly typ: string
    readonly payload: object
    /** Where a profile names keys in its own way; else the thumbprint. */
    readonly kid?: string
  },
): Promise<string> {
  if (key.purpose !== statement.purpose) {
    throw new Error(`A ${key.purpose} key does not sign a ${statement.purpose}.`)
  }
  const signed = signingInput({ ...key, ...statement }, statement.typ, statement.payload)
  const signature = await new Promise<Buffer>((resolve, reject) => {
    sign(null, Buffer.from(signed, 'latin1'), key.privateKey, (error, bytes) => {
      if (error === null) resolve(bytes)
      else reject(error)
    })
  })
  return `${signed}.${encodeBase64url(signature)}`
}

function signingInput(
  key: { readonly alg: string; readonly kid: string },
  typ: string,
  payload: object,
): string {
  const header = { alg: key.alg, typ, kid: key.kid }
  return `${encodeJson(header)}.${encodeJson(payload)}`
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
