import type { RefusalCode } from '../../src/domain/refusal.ts'
import type { TokenKind } from '../../src/domain/token.ts'
import { TOKEN_TYP, toWire } from '../../src/token/wire.ts'
import { AUDIENCE, callClaims, compact, delegationClaims, ISSUER, KEYS, NOW } from './material.ts'

/** One token, what it is presented as, and what has to come of it. */
export interface VectorCase {
  readonly name: string
  readonly kind: TokenKind
  readonly audience: string
  readonly now: number
  readonly token: string
  readonly expect: 'accepted' | RefusalCode
  /** RFC 6901 pointer of a `malformed` payload; other implementations need not tell it. */
  readonly pointer?: string
}

/** A case with what is usual filled in: a call, at its audience, at the moment of issue. */
export function vector(
  name: string,
  token: string,
  expect: VectorCase['expect'],
  more: Partial<VectorCase> = {},
): VectorCase {
  const kind = more.kind ?? 'call'
  const audience = kind === 'call' ? AUDIENCE : ISSUER
  return { name, kind, audience, now: NOW, token, expect, ...more }
}

/** The header of a sound token, as text. */
export function soundHeader(
  kind: TokenKind = 'call',
  key: { alg: string; kid: string } = KEYS.token,
) {
  return JSON.stringify({ alg: key.alg, typ: TOKEN_TYP[kind], kid: key.kid })
}

/** The payload of a sound token, as text. */
export function soundPayload(kind: TokenKind = 'call'): string {
  return JSON.stringify(toWire(kind === 'call' ? callClaims() : delegationClaims()))
}

/** A sound token. */
export function soundToken(kind: TokenKind = 'call'): string {
  return compact(soundHeader(kind), soundPayload(kind))
}

/** A token with this header, otherwise sound; objects are written as JSON. */
export function withHeader(
  header: object | string | Uint8Array,
  key = KEYS.token as never,
): string {
  return compact(asText(header), soundPayload(), key)
}

/** A token with this payload, otherwise sound. */
export function withPayload(
  payload: object | string | Uint8Array,
  kind: TokenKind = 'call',
): string {
  return compact(soundHeader(kind), asText(payload))
}

/** The claims of a sound token with some replaced in place; undefined removes one. */
export function changed(claims: Record<string, unknown>, kind: TokenKind = 'call'): object {
  return { ...JSON.parse(soundPayload(kind)), ...claims }
}

function asText(part: object | string | Uint8Array): string | Uint8Array {
  if (typeof part === 'string' || part instanceof Uint8Array) return part
  return JSON.stringify(part)
}
