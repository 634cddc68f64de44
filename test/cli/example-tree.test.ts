import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { invokedAs } from '../../src/cli/invoked-as.ts'
import type { TreeView } from '../../src/client/views/leases.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let server: CliServer

beforeAll(async () => {
  server = await startCliServer()
})
afterAll(() => server.close())

describe('writ demo', () => {
  test('opens a tree of three agents that says less at every hop, each time anew', async () => {
    const out = join(server.folder, 'example')
    const roots = new Set<string>()
    for (const _time of ['first', 'again']) {
      const ran = await server.owner(['demo', '--out', out, '--json'])
      expect(ran.exit, ran.stderr).toBe(0)
      const { leases } = JSON.parse(ran.stdout) as { leases: Record<string, string> }
      roots.add(leases['root'] ?? '')
      const drawn = await server.owner(['tree', leases['root'] ?? '', '--json'])
      const { items } = JSON.parse(drawn.stdout) as TreeView
      expect(items.map(({ id }) => id)).toEqual([
        leases['root'],
        leases['worker'],
        leases['helper'],
      ])
      expect(items.map(({ scope }) => scope.limits.max_uses)).toEqual([100, 20, 1])
    }
    expect(roots.size).toBe(2)
  })

  test('as nobody in particular it ends with what is missing', async () => {
    const ran = await server.writ(['demo', '--out', join(server.folder, 'nobody')])
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toContain('WRIT_TOKEN')
  })
})

describe('the word that printed commands begin with', () => {
  test('is what works where they are typed', () => {
    const built = 'file:///x/node_modules/writ/dist/cli/main.mjs'
    expect(invokedAs({}, built)).toBe('writ')
    expect(invokedAs({ npm_lifecycle_event: 'npx' }, built)).toBe('npx writ')
    expect(invokedAs({}, 'file:///x/src/cli/invoked-as.ts')).toBe('npx tsx src/cli/main.ts')
  })
})
