import { afterEach, describe, expect, it } from 'vitest'
import { type AuthorityKeys, createAuthorityKeys } from '../../src/admission/authority-keys.ts'
import {
  AUTHORITY_KEYS_AGE_MS,
  AUTHORITY_KEYS_REFRESH_MS,
  AUTHORITY_KEYS_UNKNOWN_MS,
} from '../../src/domain/limits.ts'
import { publish } from '../../src/token/jwks.ts'
import { freshKey } from './rig.ts'

const first = freshKey()
const second = freshKey()

let opened: AuthorityKeys[] = []
afterEach(() => {
  for (const keys of opened) keys.close()
  opened = []
})

function rig() {
  const state = { now: 0, published: [first], away: false, fetches: 0, failures: 0 }
  const keys = createAuthorityKeys({
    now: () => state.now,
    failed: () => {
      state.failures += 1
    },
    fetch: async () => {
      state.fetches += 1
      if (state.away) throw new Error('away')
      return publish(state.published)
    },
  })
  opened.push(keys)
  return { state, keys }
}

describe('published keys of the authority', () => {
  it('are fetched by the first token that asks', async () => {
    const { keys, state } = rig()
    expect(keys.verification(first.kid)).toBeUndefined()
    expect(await keys.freshFor(first.kid)).toBe(true)
    const found = keys.verification(first.kid)?.publicKey ?? ''
    expect(Buffer.from(found)).toEqual(Buffer.from(first.publicKey))
    expect(await keys.freshFor(first.kid)).toBe(true)
    expect(state.fetches).toBe(1)
  })

  it('are fetched again for a key nobody knows, and no more often than once a second', async () => {
    const { keys, state } = rig()
    await keys.refresh()
    state.published = [first, second]
    for (let n = 0; n < 100; n += 1) expect(await keys.freshFor(freshKey().kid)).toBe(true)
    expect(state.fetches).toBe(2)
    expect(keys.verification(second.kid)).toBeDefined()
    state.now += AUTHORITY_KEYS_UNKNOWN_MS
    await keys.freshFor(freshKey().kid)
    expect(state.fetches).toBe(3)
  })

  it('who asks at once shares one fetch', async () => {
    const { keys, state } = rig()
    const told = await Promise.all(Array.from({ length: 20 }, () => keys.freshFor(first.kid)))
    expect([new Set(told), state.fetches]).toEqual([new Set([true]), 1])
  })

  it('forget a retired key with the next fetch', async () => {
    const { keys, state } = rig()
    await keys.refresh()
    state.published = [second]
    await keys.refresh()
    expect(keys.verification(first.kid)).toBeUndefined()
    expect(AUTHORITY_KEYS_REFRESH_MS).toBeLessThan(AUTHORITY_KEYS_AGE_MS)
  })

  it('count for so long without an answer, and then not at all', async () => {
    const { keys, state } = rig()
    await keys.refresh()
    state.away = true
    state.now = AUTHORITY_KEYS_AGE_MS - 1
    await keys.refresh()
    expect(state.failures).toBe(1)
    expect(await keys.freshFor(first.kid)).toBe(true)
    state.now = AUTHORITY_KEYS_AGE_MS
    expect(keys.verification(first.kid)).toBeUndefined()
    expect(await keys.freshFor(first.kid)).toBe(false)
    state.away = false
    state.now += AUTHORITY_KEYS_UNKNOWN_MS
    expect(await keys.freshFor(first.kid)).toBe(true)
  })

  it('are what they were when an answer is no sound set', async () => {
    const { keys, state } = rig()
    await keys.refresh()
    state.published = [{ ...second, kid: first.kid }]
    await keys.refresh()
    expect([state.failures, keys.verification(first.kid) !== undefined]).toEqual([1, true])
  })
})
