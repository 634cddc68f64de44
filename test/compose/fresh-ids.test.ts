import { expect, test } from 'vitest'
import { parseJti, parseRequestId } from '../../src/domain/ids.ts'
import { systemIds } from '../../src/system.ts'

test('I7: of ids drawn together no two are alike, and that of a token is no option of a command', () => {
  const drawn = Array.from({ length: 5_000 }, () => [systemIds.jti(), systemIds.request()])
  for (const [jti = '', request = ''] of drawn) {
    expect(parseJti(jti)).toBe(jti)
    expect(jti).toMatch(/^[^-]/)
    expect(parseRequestId(request)).toBe(request)
  }
  for (const part of [(id: string) => id.slice(-20, -10), (id: string) => id.slice(-10)]) {
    expect(new Set(drawn.flat().map(part)).size).toBe(drawn.length * 2)
  }
})
