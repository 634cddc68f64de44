import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ReplacedMasterKey, replaceMasterKey } from '../../src/compose/replace-master-key.ts'
import { migrateStore, openWorld } from '../../src/compose/world.ts'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { type Config, readConfig } from '../../src/settings/config.ts'
import { webhookLabel } from '../../src/usecases/alerts/webhook-sender.ts'
import { createWebhook } from '../../src/usecases/alerts/webhooks.ts'
import { createCredential } from '../../src/usecases/credentials/create-credential.ts'
import { rotateCredential } from '../../src/usecases/credentials/rotate-credential.ts'
import { openMasterKey, seal, unseal } from '../../src/vault/envelope.ts'
import { fileLabel } from '../../src/vault/file-backend.ts'
import { READER } from '../support/cli-process.ts'
import { sharedCluster } from '../support/postgres.ts'
import { administer, urlOf } from '../support/postgres-cluster.ts'

const CHILD = fileURLToPath(new URL('../support/rewrap-child.ts', import.meta.url))
const MANY = 30
const databases: string[] = []
const folder = mkdtempSync(join(tmpdir(), 'writ-rewrap-'))

afterAll(async () => {
  for (const name of databases) {
    await administer(await sharedCluster(), `drop database ${name} with (force)`)
  }
  rmSync(folder, { recursive: true, force: true })
})

type Env = Readonly<Record<string, string>>
const keyFile = (n: number) => join(folder, `${n}.key`)
const keyEnv = (n: number): Env => ({ WRIT_MASTER_KEY_FILE: keyFile(n) })
const nameOf = (n: number) => `shop-${n}`

function configOf(flags: Readonly<Record<string, string>>): Config {
  const read = readConfig({ flags })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

/** An authority with credentials of two versions, a receiver and a sealed file. */
async function fill(config: Config, env: Env): Promise<void> {
  const { world, close } = await openWorld(config, env)
  const request = world.ids.request()
  const owner = { kind: 'owner', name: 'owner', tenant: DEFAULT_TENANT, request } as const
  for (let n = 0; n < MANY; n += 1) {
    const name = nameOf(n)
    const terms = {
      name,
      environment: 'production',
      kind: 'bearer',
      category: 'api_key',
      origins: ['https://shop.example'],
      backend: 'embedded',
    } as const
    const made = await createCredential(world, owner, {
      terms: { ...terms, placement: undefined, token: null },
      owner: null,
      requiresApproval: false,
      allowedActions: ['use'],
      classification: 'internal',
      content: { fields: { value: `sk-old-${n}` } },
    })
    if (!made.ok) throw new Error(JSON.stringify(made.refusal))
    const content = { fields: { value: `sk-new-${n}` } }
    await rotateCredential(world, owner, { key: made.value, content })
  }
  const url = 'https://hooks.example/writ'
  await createWebhook(world, owner, { url, kinds: 'any', privateNet: false })
  await close()
  const files = config['vault.file_dir']
  mkdirSync(join(files, 'shared'), { recursive: true, mode: 0o700 })
  const master = await openMasterKey(config.keys_dir, env)
  const sealed = seal(master, fileLabel('shared/pay.sealed'), 'sk-file')
  writeFileSync(join(files, 'shared', 'pay.sealed'), `${sealed}\n`, { mode: 0o600 })
}

/** Everything that is sealed, opened; and how often the trail tells of a replacement, sorted. */
async function whole(config: Config, env: Env) {
  const { world, close } = await openWorld(config, env)
  const master = await openMasterKey(config.keys_dir, env)
  const values = new Set<string>()
  const read = await world.store.read((reads) =>
    reads.credentials({ tenant: DEFAULT_TENANT }, { limit: 200, cursor: null }),
  )
  for (const credential of read.items) {
    const opened = await world.vault.open(credential)
    values.add(opened.ok ? (opened.value.fields['value']?.use(String) ?? '') : opened.refusal.code)
  }
  const [webhook] = await world.store.read((reads) => reads.webhooks(DEFAULT_TENANT))
  if (webhook === undefined) throw new Error('there is one')
  unseal(master, webhookLabel(webhook.id), webhook.secret)
  const file = readFileSync(join(config['vault.file_dir'], 'shared', 'pay.sealed'), 'utf8')
  const inFile = unseal(master, fileLabel('shared/pay.sealed'), file.trim()).toString()
  const events: string[] = []
  await world.store.exportAudit((line) => {
    const [event] = line.match(/master_key\.\w+/) ?? []
    if (event !== undefined) events.push(event)
  })
  const kids = world.keys.list().map(({ kid }) => kid)
  const root = world.ca.rootPem
  await close()
  return { values: [...values].toSorted(), inFile, kids, root, events: events.toSorted() }
}

const expected = Array.from({ length: MANY }, (_, n) => `sk-new-${n}`).toSorted()

/** A process that is killed right after a step; answers the signal it ended by. */
async function killedAt(flags: object, n: number, step: string): Promise<unknown> {
  const words = [CHILD, JSON.stringify(flags), keyFile(n + 1), step]
  const child = spawn(process.execPath, ['--import', READER, ...words], {
    env: { PATH: process.env['PATH'], ...keyEnv(n) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return (await once(child, 'exit'))[1]
}

const replace = (config: Config, env: Env, n: number): Promise<ReplacedMasterKey> =>
  replaceMasterKey(config, env, { to: { kind: 'key_file', path: keyFile(n) }, keep: null })

const STEPS = ['begun', 'rows', 'store', 'files', 'root', 'keys', 'old key kept', 'old key gone']

/** What follows is the same whatever the database is. */
const OF_THE_STORE = ['begun', 'rows', 'store']

describe.each(['SQLite', 'PostgreSQL'])('another master key, on %s', (database) => {
  const at = join(folder, database)
  let flags: Record<string, string>
  let config: Config
  let before: Awaited<ReturnType<typeof whole>>
  let n = 0
  const records: string[] = []

  beforeAll(async () => {
    const places = { keys_dir: join(at, 'keys'), 'vault.file_dir': join(at, 'files') }
    flags = { ...places, data_dir: join(at, 'data'), 'log.level': 'silent' }
    if (database === 'PostgreSQL') {
      const name = `k_${randomBytes(8).toString('hex')}`
      await administer(await sharedCluster(), `create database ${name}`)
      databases.push(name)
      flags['database_url'] = urlOf(await sharedCluster(), name)
    }
    config = configOf(flags)
    if (database === 'PostgreSQL') await migrateStore(config)
    writeFileSync(keyFile(0), `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
    await fill(config, keyEnv(0))
    before = await whole(config, keyEnv(0))
  }, 120_000)

  const steps = database === 'SQLite' ? STEPS : STEPS.filter((step) => OF_THE_STORE.includes(step))
  it.each(steps.map((step, index) => [step, index % 2 === 0 ? 'old' : 'new'] as const))(
    'killed after "%s", it serves nobody, and is finished with the %s key',
    async (step, with_) => {
      expect(await killedAt(flags, n, step)).toBe('SIGKILL')
      await expect(openWorld(config, keyEnv(n))).rejects.toThrow('is being replaced')
      await expect(openWorld(config, keyEnv(n + 1))).rejects.toThrow('is being replaced')
      const third = replaceMasterKey(config, keyEnv(99), undefined)
      await expect(third).rejects.toThrow()
      const finished = await replace(config, keyEnv(with_ === 'old' ? n : n + 1), n + 1)
      expect(finished).toMatchObject({ resumed: true, root: true, files: { unopened: [] } })
      n += 1
      records.push('master_key.replacing', 'master_key.replaced')
      const after = await whole(config, keyEnv(n))
      const told = { inFile: 'sk-file', events: records.toSorted() }
      expect(after).toEqual({ ...before, values: expected, ...told })
      await expect(openWorld(config, keyEnv(n - 1))).rejects.toThrow('another master key')
    },
    120_000,
  )

  it('refuses while a process serves, and leaves nothing behind', async () => {
    const { world, close } = await openWorld(config, keyEnv(n))
    // More connections of this process must not give up what tells that it is there.
    await Promise.all([1, 2, 3].map(() => world.store.read(async () => undefined)))
    await expect(replace(config, keyEnv(n), n + 1)).rejects.toThrow('Another process uses')
    await close()
    expect((await whole(config, keyEnv(n))).values).toEqual(expected)
  }, 60_000)

  it('a process that missed it writes nothing that nobody opens', async () => {
    const { world, close } = await openWorld(config, keyEnv(n))
    const request = world.ids.request()
    const owner = { kind: 'owner', name: 'owner', tenant: DEFAULT_TENANT, request } as const
    await world.store.decide(async (tx) => {
      await tx.adoptMasterKey('of another key')
      const record = { event: 'authority.started', outcome: 'allowed', facts: {} } as const
      const by = { tenant: DEFAULT_TENANT, actor: 'authority', request, lease: null } as const
      return { result: { ok: true, value: undefined }, record: { ...record, ...by } }
    })
    const key = { tenant: DEFAULT_TENANT, name: nameOf(1), environment: 'production', owner: null }
    const content = { fields: { value: 'sk-late-one' } }
    await expect(rotateCredential(world, owner, { key, content })).rejects.toThrow(
      'The master key was replaced while this process ran',
    )
    const hook = { url: 'https://hooks.example/late', kinds: 'any', privateNet: false } as const
    await expect(createWebhook(world, owner, hook)).rejects.toThrow('start it anew')
    await close()
    await expect(openWorld(config, keyEnv(n))).rejects.toThrow('under another master key')
  }, 60_000)
})
