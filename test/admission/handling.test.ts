import { describe, expect, it } from 'vitest'
import { handlingText, handlingWords, readHandling } from '../../src/admission/handling.ts'
import { FREE_RESPONSE } from '../../src/domain/policy.ts'

describe('PROXY-37: labels of a response', () => {
  const LABELLED = { ...FREE_RESPONSE, store: false, reuse: false }

  it('of a route and of policies are told together, each once', () => {
    expect(handlingText('no-model, no-store', LABELLED)).toBe('no-store, no-model, no-tools')
    expect(handlingText(undefined, LABELLED)).toBe('no-store, no-tools')
    expect(handlingText('no-log', undefined)).toBe('no-log')
    expect(handlingText(undefined, FREE_RESPONSE)).toBeUndefined()
    expect(handlingText(undefined, undefined)).toBeUndefined()
  })

  it('come over the wire as they were, and a word nobody knows is not passed over', () => {
    expect(readHandling(handlingWords(LABELLED))).toEqual(LABELLED)
    expect(readHandling([])).toEqual(FREE_RESPONSE)
    for (const other of [['no-store', 'no-such'], 'no-store', null, {}]) {
      expect(readHandling(other)).toBeUndefined()
    }
  })
})
