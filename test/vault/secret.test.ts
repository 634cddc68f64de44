import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { packFields, unpackFields } from '../../src/vault/packed-fields.ts'
import { Secret } from '../../src/vault/secret.ts'
import { testFields } from '../support/credentials.ts'

const CANARY = 'sk_live_canary_5f1d'

describe('a secret', () => {
  it('CDP-04: lends its bytes, and is overwritten with zeros when it is dropped', () => {
    const secret = Secret.of(CANARY)
    const kept = secret.use((bytes) => bytes)
    expect(kept.toString()).toBe(CANARY)
    secret.drop()
    secret.drop()
    expect(kept.every((byte) => byte === 0)).toBe(true)
    expect(kept.length).toBe(CANARY.length)
    expect(() => secret.use(() => undefined)).toThrow('dropped')
  })

  it('lies in memory of its own, not in the pool that buffers share', () => {
    Secret.of(CANARY).use((bytes) => {
      expect(bytes.buffer.byteLength).toBe(bytes.length)
    })
  })

  it('a copy lives on when the first is dropped', () => {
    const secret = Secret.of(Buffer.from(CANARY))
    const copy = secret.copy()
    secret.drop()
    expect(copy.use(String)).toBe(CANARY)
  })

  it('I12: prints nothing of itself, however it is printed', () => {
    const secret = Secret.of(CANARY)
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      format('%s %o %O %j', secret, secret, secret, secret),
      Object.keys(secret).join(),
      JSON.stringify(structuredCloneOrNot(secret)),
    ].join('\n')
    for (const spelling of ['utf8', 'base64', 'hex'] as const) {
      expect(shown).not.toContain(Buffer.from(CANARY).toString(spelling))
    }
  })
})

function structuredCloneOrNot(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return null
  }
}

describe('packed parts', () => {
  it.each([[{}], [{ value: '' }], [{ value: 'ünïcode ✓', other_part: 'x'.repeat(70_000) }]])(
    'come back as they were: %#',
    (parts) => {
      const fields = unpackFields(packFields(testFields(parts as Record<string, string>)))
      const texts = Object.entries(fields).map(([name, secret]) => [name, secret.use(String)])
      expect(Object.fromEntries(texts)).toEqual(parts)
    },
  )

  it('cut short at any length are refused, or are fewer parts', () => {
    const packed = packFields(testFields({ value: 'abc' }))
    for (let length = 1; length < packed.length; length += 1) {
      expect(() => unpackFields(packed.subarray(0, length))).toThrow(RangeError)
    }
  })
})
