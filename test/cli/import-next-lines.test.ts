import { describe, expect, test } from 'vitest'
import { nextLines } from '../../src/cli/import/next-lines.ts'
import type { PlannedCredential } from '../../src/cli/import/plan.ts'

const routed: PlannedCredential = {
  variable: 'SHOP_KEY',
  because: 'its name says KEY',
  name: 'shop-key',
  kind: 'bearer',
  category: 'api_key',
  placement: { in: 'bearer' },
  origins: ['https://shop.test'],
}
const unrouted: PlannedCredential = {
  ...routed,
  ...({ variable: 'DATABASE_URL', name: 'database-url', kind: 'connection_string' } as const),
  ...({ category: 'database', placement: { in: 'none' }, origins: [] } as const),
}
const stepsFor = (...planned: readonly PlannedCredential[]) =>
  nextLines('.env', planned, undefined).join('\n')

describe('what is left to do after an import', () => {
  test('all are taken out of the file where routes have all of them', () => {
    expect(stepsFor(routed)).toContain('Take them out of .env once the routes work')
    expect(stepsFor(routed)).not.toContain('keep them where they are')
  })

  test('what no route has is never told both to stay and to go', () => {
    const some = stepsFor(routed, unrouted)
    expect(some).toContain('keep them where they are: DATABASE_URL.')
    expect(some).toContain('Take the others out of .env once the routes work')
    const none = stepsFor(unrouted)
    expect(none).toContain('keep them where they are: DATABASE_URL.')
    expect(none).not.toMatch(/Take|routes work/)
  })
})
