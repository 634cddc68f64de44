import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { disk, proxies, unit } from '../../src/cli/doctor/installation.ts'
import type { CheckOutcome } from '../../src/cli/doctor/outcome.ts'
import { readConfig } from '../../src/settings/config.ts'
import { runWrit } from '../support/cli-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'writ-doctor-'))
const nobody = ['--addr', 'http://127.0.0.1:1']

async function found(words: readonly string[], name: string): Promise<CheckOutcome | undefined> {
  const ran = await runWrit(['doctor', ...nobody, '--json', ...words])
  const { checks } = JSON.parse(ran.stdout) as { readonly checks: readonly CheckOutcome[] }
  return checks.find((check) => check.name === name && check.state !== 'ok')
}

describe('each mistake is found, with what to do about it', () => {
  test.each<[string, CheckOutcome['state'], RegExp, () => readonly string[]]>([
    ['keys folder', 'failed', /^chmod 700 /, () => ['--keys-dir', open('keys')]],
    ['key files', 'failed', /^chmod 600 /, () => ['--keys-dir', openFile()]],
    ['routes', 'warning', /^Write one into /, () => ['--routes', file('routes.toml', '# none\n')]],
    ['policies', 'failed', /^writ policy check /, () => ['--policy-dir', badPolicies()]],
    ['policies', 'warning', /writ policy check /, () => ['--policy-dir', parkedPolicies()]],
    ['server /healthz', 'warning', /^writ serve/, () => []],
  ])('%s: %s', async (name, state, remedy, made) => {
    const outcome = await found(made(), name)
    expect(outcome).toMatchObject({ name, state })
    expect(outcome?.remedy).toMatch(remedy)
  })

  test('a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    const outcome = await found(['--agents', `127.0.0.1:${port}`], 'listeners.agents')
    other.close()
    expect(outcome).toMatchObject({ state: 'warning', remedy: expect.stringContaining('ss -ltnp') })
  })

  test('a misspelt setting stops it with the line', async () => {
    const config = file('writ.toml', '\ndata_dri = "x"\n')
    const ran = await runWrit(['doctor', '--config', config])
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toMatch(/writ\.toml:2: there is no setting data_dri/)
  })
})

describe('of the machine', () => {
  const read = readConfig({ flags: { data_dir: folder } })
  if (!read.ok) throw new Error(read.problem)
  const { config } = read
  const plenty = { type: 0xef53, bsize: 4096, blocks: 100_000_000, bavail: 50_000_000 }

  test('a store on a network file system fails, and a local one does not', async () => {
    const [, local] = await disk({ config }, () => plenty)
    const [, remote] = await disk({ config }, () => ({ ...plenty, type: 0x6969 }))
    expect([local?.state, remote?.state]).toEqual(['ok', 'failed'])
    const shared = { ...config, database_url: 'postgres://x/y' }
    expect((await disk({ config: shared }, () => ({ ...plenty, type: 0x6969 })))[1]?.state).toBe(
      'ok',
    )
  })

  test('a disk that is nearly full fails', async () => {
    const full = { ...plenty, blocks: 1_000_000, bavail: 10_000 }
    expect((await disk({ config }, () => full))[0]).toMatchObject({ name: 'disk', state: 'failed' })
  })

  test('a variable that names an HTTP proxy is told', async () => {
    const [outcome] = await proxies({ env: { https_proxy: 'http://p:3128' } })
    expect(outcome).toMatchObject({ state: 'warning', remedy: expect.stringContaining('unset') })
    expect((await proxies({ env: {} }))[0]?.state).toBe('ok')
  })

  test('a unit of systemd is told of where there is one', async () => {
    expect((await unit(undefined, file('writ.service', '')))[0]?.state).toBe('ok')
    expect((await unit(undefined, join(folder, 'none')))[0]?.state).toBe('skipped')
  })
})

function open(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  chmodSync(path, 0o755)
  return path
}

function openFile(): string {
  const path = join(folder, 'closed')
  mkdirSync(path, { mode: 0o700 })
  writeFileSync(join(path, 'master.key'), 'x')
  chmodSync(join(path, 'master.key'), 0o644)
  return path
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

function parkedPolicies(): string {
  const path = join(folder, 'parked')
  mkdirSync(join(path, 'later'), { recursive: true, mode: 0o700 })
  const stop = '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n'
  writeFileSync(join(path, 'a.toml'), stop, { mode: 0o600 })
  return path
}

function badPolicies(): string {
  const path = join(folder, 'policies')
  mkdirSync(path)
  writeFileSync(join(path, 'rules.toml'), 'this is not a rule')
  return path
}
