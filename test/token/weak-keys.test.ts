import { createPublicKey, sign, verify } from 'node:crypto'
import { Point, verifyAsync } from '@noble/ed25519'
import { describe, expect, test } from 'vitest'
import { parseEd25519PublicKey } from '../../src/token/weak-keys.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'

const { p: P, n: ORDER } = Point.CURVE()

/** 32 bytes, little-endian, with the sign bit of x on top. */
function encode(y: bigint, signBit: 0 | 1): Uint8Array {
  const bytes = new Uint8Array(32)
  for (let index = 0; index < 32; index += 1) bytes[index] = Number((y >> BigInt(8 * index)) & 255n)
  bytes[31] = (bytes[31] ?? 0) | (signBit << 7)
  return bytes
}

/** All eight points of small order: multiples of a point's part outside the prime-order group. */
function smallOrderPoints(): readonly Point[] {
  for (let y = 2n; ; y += 1n) {
    const torsion = decode(encode(y, 0))?.multiplyUnsafe(ORDER - 1n)
    const point = decode(encode(y, 0))
    if (torsion === undefined || point === undefined) continue
    const generator = torsion.add(point)
    if (generator.double().double().is0()) continue
    const points = [Point.ZERO]
    for (let n = 1; n < 8; n += 1) points.push((points[n - 1] ?? Point.ZERO).add(generator))
    return points
  }
}

function decode(bytes: Uint8Array): Point | undefined {
  try {
    return Point.fromBytes(bytes, true)
  } catch {
    return undefined
  }
}

/** Every 32-byte text that a lenient decoder takes for a point of small order. */
function smallOrderEncodings(): readonly string[] {
  const encodings = new Set<string>()
  for (const point of smallOrderPoints()) {
    for (const y of [point.y, point.y + P].filter((value) => value < 2n ** 255n)) {
      for (const signBit of [0, 1] as const) {
        if (decode(encode(y, signBit))?.isSmallOrder()) {
          encodings.add(Buffer.from(encode(y, signBit)).toString('hex'))
        }
      }
    }
  }
  return [...encodings].sort()
}

/** From the literature on Ed25519 edge cases; must be what the derivation gives. */
const KNOWN_SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

function codeOf(bytes: Uint8Array): string {
  const parsed = parseEd25519PublicKey(bytes)
  return parsed.ok ? 'accepted' : `${parsed.refusal.code}: ${parsed.refusal.reasons[0]?.detail}`
}

function nodeImports(bytes: Uint8Array): boolean {
  const x = Buffer.from(bytes).toString('base64url')
  try {
    createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
    return true
  } catch {
    return false
  }
}

describe('weak Ed25519 public keys', () => {
  test('the encodings of small order, derived here, are the fourteen known ones', () => {
    expect(smallOrderEncodings()).toEqual([...KNOWN_SMALL_ORDER].sort())
  })

  test.each(KNOWN_SMALL_ORDER)('%s is refused, though Node imports it', (hex) => {
    const bytes = Buffer.from(hex, 'hex')
    expect(nodeImports(bytes)).toBe(true)
    expect(codeOf(bytes)).toMatch(/^malformed: (Not the canonical|A point of small order)/)
  })

  test('the danger is real: under one of them a fixed signature verifies every message', async () => {
    const x = Buffer.from(KNOWN_SMALL_ORDER[2] ?? '', 'hex')
    const forged = Buffer.concat([x, Buffer.alloc(32)])
    for (const message of ['anything', 'everything']) {
      const lenient = await verifyAsync(forged, Buffer.from(message), x, { zip215: true })
      expect(lenient, 'as Node 20 does, and other verifiers by the book of RFC 8032').toBe(true)
    }
    expect(codeOf(x)).toBe('malformed: A point of small order signs nothing.')
  })

  test('each canonical point of small order is told as such', () => {
    for (const point of smallOrderPoints()) {
      expect(codeOf(point.toBytes())).toBe('malformed: A point of small order signs nothing.')
    }
  })

  test('a sound point plus any point of small order is refused as mixed', () => {
    for (const torsion of smallOrderPoints().slice(1)) {
      const mixed = Point.BASE.multiply(12345n).add(torsion).toBytes()
      expect(nodeImports(mixed)).toBe(true)
      expect(codeOf(mixed)).toBe('malformed: The point is outside the prime-order group.')
    }
  })

  test('every y from p to 2^255 is refused as not canonical, with either sign', () => {
    for (let y = P; y < 2n ** 255n; y += 1n) {
      for (const signBit of [0, 1] as const) {
        expect(codeOf(encode(y, signBit))).toBe(
          'malformed: Not the canonical encoding of a curve point.',
        )
      }
    }
  })

  test('x = 0 with its sign bit set is refused as not canonical', () => {
    const notCanonical = 'malformed: Not the canonical encoding of a curve point.'
    expect(codeOf(encode(1n, 1))).toBe(notCanonical)
    expect(codeOf(encode(P - 1n, 1))).toBe(notCanonical)
  })

  test('bytes that are no point are refused', () => {
    expect(codeOf(encode(2n, 0))).toBe('malformed: Not the canonical encoding of a curve point.')
  })

  test.each([0, 1, 31, 33, 64])('%i bytes are refused', (length) => {
    expect(codeOf(new Uint8Array(length))).toBe('malformed: An Ed25519 public key has 32 bytes.')
  })

  test('a refusal points at a weak key in words a caller can read', () => {
    const parsed = parseEd25519PublicKey(new Uint8Array(32))
    expect(parsed).toEqual({
      ok: false,
      refusal: {
        code: 'malformed',
        facts: { key: 'ed25519' },
        reasons: [
          { pointer: '', code: 'weak_key', detail: 'A point of small order signs nothing.' },
        ],
      },
    })
  })

  test('real keys are accepted as they are', () => {
    for (let round = 0; round < 16; round += 1) {
      const { publicKey, privateKey } = freshEd25519()
      const bytes = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url')
      expect(verify(null, bytes, publicKey, sign(null, bytes, privateKey))).toBe(true)
      expect(parseEd25519PublicKey(bytes)).toEqual({ ok: true, value: bytes })
    }
  })
})
