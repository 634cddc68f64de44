import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { parseJti, parseRequestId } from '../../src/domain/ids.ts'
import { systemIds } from '../../src/system.ts'

/** Ids drawn in different milliseconds of one second of the clock. */
async function drawnInOneSecond(): Promise<string[]> {
  for (;;) {
    const second = Math.floor(Date.now() / 1_000)
    const ids: string[] = []
    while (ids.length < 20) {
      ids.push(systemIds.jti())
      const last = Date.now()
      while (Date.now() <= last) await pause(1)
    }
    if (Math.floor(Date.now() / 1_000) === second) return ids
  }
}

describe('fresh ids', () => {
  test('a token minted later in a second has the later id, so that spent ones share pages', async () => {
    const bytes = (await drawnInOneSecond()).map((jti) => Buffer.from(jti, 'ascii'))
    expect(bytes.toSorted(Buffer.compare)).toEqual(bytes)
  })

  test('I7: of ids drawn together no two are alike, not even but for the moment', () => {
    const drawn = Array.from({ length: 5_000 }, () => [systemIds.jti(), systemIds.request()])
    for (const [jti = '', request = ''] of drawn) {
      expect(parseJti(jti)).toBe(jti)
      expect(parseRequestId(request)).toBe(request)
    }
    const random = drawn.flat().map((id) => id.slice(-20))
    expect(new Set(random).size).toBe(random.length)
  })
})
