import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acceptStoreRollback, openWorld } from '../../src/compose/world.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { createOperator } from '../../src/usecases/people/operators.ts'

describe('a store that was put back to an older state', () => {
  let folder: string
  let config: Config

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'writ-rollback-'))
    mkdirSync(join(folder, 'backup'))
    const flags = {
      data_dir: join(folder, 'data'),
      keys_dir: join(folder, 'keys'),
      'log.level': 'silent',
    }
    const read = readConfig({ flags })
    if (!read.ok) throw new Error(read.problem)
    config = read.config
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const store = () => join(config.data_dir, 'writ.db')
  const kept = () => join(folder, 'backup', 'writ.db')

  async function decideSomething(name: string): Promise<void> {
    const { world, close } = await openWorld(config, {})
    const request = world.ids.request()
    const owner = { kind: 'owner', name: 'owner', tenant: DEFAULT_TENANT, request } as const
    expect((await createOperator(world, owner, { name, role: 'operator' })).ok).toBe(true)
    await close()
  }

  it('does not serve, until the operator accepts it; then every outstanding token is void', async () => {
    await decideSomething('first')
    copyFileSync(store(), kept())
    await decideSomething('second')
    const { world: before, close: leave } = await openWorld(config, {})
    await before.keys.rotate('token', before.clock.now())
    await leave()
    copyFileSync(kept(), store())

    await expect(openWorld(config, {})).rejects.toMatchObject({ code: 'rolled_back' })
    const accepted = await acceptStoreRollback(config, {})
    expect(accepted).toMatchObject({ sequence: 1 })

    const { world, close } = await openWorld(config, {})
    const states = world.keys.list().map(({ purpose, state }) => `${purpose} ${state}`)
    expect(states.toSorted()).toEqual([
      'checkpoint active',
      'event active',
      'feed active',
      'leash active',
      'receipt active',
      'status active',
      'token active',
      'token revoked',
      'token revoked',
    ])
    await close()
  })

  it('that was not is left alone: no key is retired', async () => {
    await decideSomething('first')
    expect(await acceptStoreRollback(config, {})).toBeUndefined()
    const { world, close } = await openWorld(config, {})
    expect(new Set(world.keys.list().map(({ state }) => state))).toEqual(new Set(['active']))
    await close()
  })
})
