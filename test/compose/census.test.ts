import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { serve } from '../../src/compose/serve.ts'
import { readConfig } from '../../src/settings/config.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-census-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('an authority tells soon after its start how many leases live and who waits', async () => {
  const read = readConfig({
    flags: {
      data_dir: join(folder, 'data'),
      keys_dir: join(folder, 'keys'),
      'log.level': 'silent',
      'listeners.api': '127.0.0.1:0',
      'listeners.agents': '127.0.0.1:0',
    },
  })
  if (!read.ok) throw new Error(read.problem)
  const served = await serve(read.config, ['authority'], {})
  await vi.waitFor(
    async () => {
      const told = await (await fetch(`${served.api}/metrics`)).text()
      for (const name of ['leases_live', 'approvals_waiting', 'registrations_waiting']) {
        expect(told).toContain(`\nwrit_${name} 0\n`)
      }
    },
    { timeout: 10_000 },
  )
  await served.close()
})
