import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backUp, restore } from '../../src/compose/backup.ts'
import { acceptStoreRollback } from '../../src/compose/world.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { mint, must, openLease, present } from '../faults/calls.ts'
import { type Deployment, deploy, type Member } from '../faults/deployment.ts'
import { runWrit } from '../support/cli-process.ts'

let site: Deployment
let worker: Member
const folder = mkdtempSync(join(tmpdir(), 'writ-backup-'))
const data = join(folder, 'data')
const copy = join(folder, 'copy.db')
const places = ['--data-dir', data, '--keys-dir', join(folder, 'keys')]
const writ = (...words: readonly string[]) => runWrit([...words, ...places])
/** The same places, for what is asked without a process of its own. */
function config(): Config {
  const read = readConfig({ flags: { data_dir: data, keys_dir: join(folder, 'keys') } })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

const subject = () => `agent:${worker.uri}`

beforeAll(async () => {
  const words = ['--keys-dir', join(folder, 'keys')]
  site = await deploy({ gateways: 0, dataDir: data, words })
  worker = await site.enroll('worker', 4)
}, 60_000)
afterAll(async () => {
  await site.end()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

const [gateway] = [() => site.gateways[0] ?? '']

describe('writ backup and writ restore', () => {
  it('copies a whole store while calls are decided, and refuses none of them', async () => {
    const lease = await openLease(worker, site.scope)
    const tokens = await mint(worker, lease, 64)
    const told: string[] = []
    let over = false
    const load = (async () => {
      for (const [at, token] of tokens.entries()) {
        if (over) return
        told.push(await present(worker, gateway(), token, `/backup/${at}`))
      }
    })()
    const ran = await writ('backup', copy, '--with-keys', '--json')
    over = true
    await load
    expect([ran.exit, ran.stderr]).toEqual([0, ''])
    expect(new Set(told)).toEqual(new Set(['spent']))
    const manifest = JSON.parse(readFileSync(`${copy}.manifest.json`, 'utf8'))
    expect(manifest.records).toBeGreaterThan(3)
    expect(manifest.heads.length).toBeGreaterThan(0)
    expect(Object.keys(manifest.keys).toSorted()).toEqual([
      'certificate-authority.sealed',
      'keyring.json',
    ])
    const master = readFileSync(join(folder, 'keys', 'master.key'), 'utf8').trim()
    expect(JSON.stringify(manifest)).not.toContain(master)
    await expect(backUp(config(), copy, { withKeys: false })).rejects.toThrow('is there already.')
  }, 60_000)

  it('puts nothing over a store that is there, and nothing that is not whole', async () => {
    const put = (file: string, at: Config) => restore(at, file, { withKeys: false })
    await expect(put(copy, config())).rejects.toThrow('nothing is written over')
    const torn = join(folder, 'torn.db')
    copyFileSync(`${copy}.manifest.json`, `${torn}.manifest.json`)
    const bytes = readFileSync(copy)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(torn, bytes)
    const elsewhere = { ...config(), data_dir: join(folder, 'else') }
    await expect(put(torn, elsewhere)).rejects.toThrow(`${torn} is not what its manifest says.`)
    expect(readdirSync(join(folder, 'else'))).toEqual([])
    const told = JSON.parse(readFileSync(`${copy}.manifest.json`, 'utf8'))
    for (const change of [{ at: 'Monday\neyJ' }, { keys: null }, { migrations: 'all' }]) {
      writeFileSync(`${torn}.manifest.json`, JSON.stringify({ ...told, ...change }))
      await expect(put(torn, elsewhere)).rejects.toThrow('is no manifest of a backup.')
    }
  }, 60_000)

  it('leaves nothing where it fails, and restores beside no journal of another store', async () => {
    const half = join(folder, 'half.db')
    writeFileSync(`${half}.manifest.json`, 'of somebody else')
    expect((await writ('backup', half)).exit).toBe(1)
    expect(existsSync(half)).toBe(false)
    expect(readFileSync(`${half}.manifest.json`, 'utf8')).toBe('of somebody else')
    const left = mkdtempSync(join(tmpdir(), 'writ-left-'))
    writeFileSync(join(left, 'writ.db-journal'), 'a journal')
    const elsewhere = ['--data-dir', left, '--keys-dir', join(folder, 'keys')]
    const ran = await runWrit(['restore', copy, ...elsewhere])
    expect([ran.exit, ran.stderr]).toEqual([1, expect.stringContaining('writ.db-journal is there')])
    rmSync(left, { recursive: true })
  }, 60_000)

  it('I9: what was revoked after the backup does not come back to life', async () => {
    const kept = await mint(worker, await openLease(worker, site.scope), 2)
    const body = { subject: subject(), effect: 'revoked', reason: 'stolen' }
    await must(site.owner, '/v1/revocations', body)
    const [process] = site.authorities
    await process?.kill()
    for (const end of ['', '-wal', '-shm']) rmSync(join(data, `writ.db${end}`), { force: true })
    const ran = await writ('restore', copy)
    expect([ran.exit, ran.stderr]).toEqual([0, ''])

    await expect(process?.restart()).rejects.toThrow('was put back from a backup of')
    expect(await acceptStoreRollback(config(), {})).toBeDefined()
    await process?.restart()
    const refused = await present(worker, gateway(), kept[0] ?? '', '/again')
    expect(refused).toMatch(/^refused:/)
    const open = { method: 'POST', path: '/v1/leases', body: { scope: site.scope } } as const
    const suspended = await worker.api.call(open)
    expect(suspended.ok ? 'ok' : suspended.problem.code).toBe('suspended')

    await must(site.owner, '/v1/revocations', body)
    await site.owner.call({ method: 'DELETE', path: '/v1/revocations/tenant:default' })
    expect(await present(worker, gateway(), kept[1] ?? '', '/again')).toMatch(/^refused:/)
    const revoked = await worker.api.call(open)
    expect(revoked.ok ? 'ok' : revoked.problem.code).toBe('revoked')
  }, 120_000)
})
