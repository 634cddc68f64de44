import { createHash, verify } from 'node:crypto'
import { deny } from '../domain/aat/link.ts'
import { readJson } from '../domain/json.ts'
import { AAT_JSON_NESTING_MAX, AAT_TOKEN_BYTES_MAX } from '../domain/limits.ts'
import { accept, type Result } from '../domain/result.ts'
import type { Json } from '../domain/scope/types.ts'
import type { AatKey } from './aat-key.ts'
import { decodeBase64url } from './base64url.ts'
import { isObject } from './shape.ts'
import { decodeUtf8 } from './strict-json.ts'

/** `typ` of a link, and of the proof of its holder (AAT §3.5); never one for the other. */
export type AatTyp = 'aat+jwt' | 'aat-pop+jwt'

/** A compact JWS of a chain whose form is right; its payload has not been read. */
export interface AatJws {
  readonly alg: string
  readonly payload: string
  /** Header and payload as they came, which is what was signed. */
  readonly signed: string
  readonly signature: Uint8Array
}

/** An object as it was written, and read strictly. */
export interface AatClaims {
  readonly text: string
  readonly members: { readonly [member: string]: Json }
}

/** Both algorithms. */
const SIGNATURE_BYTES = 64

/**
 * Takes a link or proof apart before any cryptography. Members of the header that bring a key or an
 * address are not read at all; `crit` is refused, whatever it lists. Refusals: `too_large`,
 * `malformed`, `token_kind`; `step` names the header step of AAT §8.
 */
export function readAatJws(text: string, typ: AatTyp, step: string): Result<AatJws> {
  if (text.length > AAT_TOKEN_BYTES_MAX) return deny('too_large', '2a', { bytes: text.length })
  const parts = text.split('.')
  const [header = '', payload = '', encoded = ''] = parts
  const signature = decodeBase64url(encoded)
  const members = readObject(header)?.members
  const canonical = payload !== '' && decodeBase64url(payload) !== undefined
  if (parts.length !== 3 || members === undefined || !canonical) return deny('malformed', step)
  if (members['typ'] !== typ) return deny('token_kind', step)
  if (Object.hasOwn(members, 'crit')) return deny('malformed', step, { crit: true })
  const { alg } = members
  if (typeof alg !== 'string' || signature?.length !== SIGNATURE_BYTES) {
    return deny('signature_invalid', step, { alg: typeof alg === 'string' })
  }
  return accept({ alg, payload, signed: `${header}.${payload}`, signature })
}

/** Whether `alg` of the header is the one algorithm of the key. */
export function hasAlgOf(jws: AatJws, key: AatKey): boolean {
  return jws.alg === key.alg
}

/** Whether a signature is genuine; on the thread pool, and only under the key's own algorithm. */
export function isSignedBy(jws: AatJws, { alg, key }: AatKey): Promise<boolean> {
  const hash = alg === 'ES256' ? 'sha256' : null
  const bytes = Buffer.from(jws.signed, 'latin1')
  return new Promise((resolve, reject) => {
    const with64 = { key, dsaEncoding: 'ieee-p1363' as const }
    verify(hash, bytes, with64, jws.signature, (error, genuine) => {
      if (error === null) resolve(genuine)
      else reject(error)
    })
  })
}

/** The claims, to be read only after the signature held; undefined when readers would differ. */
export function claimsIn(jws: AatJws): AatClaims | undefined {
  return readObject(jws.payload)
}

/** base64url(SHA-256) of what was signed: `par_hash` and `aat_hash` (AAT §4.6). */
export function digestOfSigned({ signed }: AatJws): string {
  return createHash('sha256').update(signed, 'latin1').digest('base64url')
}

function readObject(encoded: string): AatClaims | undefined {
  const bytes = decodeBase64url(encoded)
  const text = bytes === undefined ? undefined : decodeUtf8(bytes)
  const read = text === undefined ? undefined : readJson(text, AAT_JSON_NESTING_MAX)
  if (text === undefined || read?.ok !== true || !isObject(read.value)) return undefined
  return { text, members: read.value as AatClaims['members'] }
}
