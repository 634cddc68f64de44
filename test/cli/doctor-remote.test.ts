import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  agentCertificate,
  rootCertificate,
  serverCertificates,
} from '../../src/cli/doctor/certificates.ts'
import { database } from '../../src/cli/doctor/database.ts'
import type { CheckOutcome } from '../../src/cli/doctor/outcome.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { epochSeconds } from '../../src/domain/time.ts'
import { createLoopbackCertificate } from '../../src/pki/loopback.ts'
import { readConfig, type SettingName } from '../../src/settings/config.ts'
import { loadDriver } from '../../src/store/sqlite/driver.ts'
import { runHere } from '../support/cli-here.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { freshDatabase } from '../support/postgres.ts'

const START_MS = 60_000
const DAY_MS = 24 * 60 * 60 * 1_000

const folder = mkdtempSync(join(tmpdir(), 'writ-doctor-'))
let server: CliServer
beforeAll(async () => {
  server = await startCliServer('', ['--listeners-api-tls', 'on'])
}, START_MS)
afterAll(() => server.close())

function configOf(flags: Partial<Record<SettingName, string>>) {
  const read = readConfig({ flags: { keys_dir: join(folder, 'none'), ...flags } })
  if (!read.ok) throw new Error(read.problem)
  return read.config
}

/** A file with a certificate that lives for this one day. */
async function certificateFile(name: string): Promise<string> {
  const now = epochSeconds(Math.floor(Date.now() / 1_000))
  const { certificatePem, privateKeyPem } = await createLoopbackCertificate(now)
  writeFileSync(join(folder, `${name}.crt`), certificatePem)
  writeFileSync(join(folder, `${name}.key`), privateKeyPem, { mode: 0o600 })
  return join(folder, `${name}.crt`)
}

function settingsOf(env: NodeJS.ProcessEnv) {
  return readSettings(buildProgram(), { ...server.env, ...env })
}

describe('certificates, by how long they hold', () => {
  const later = (days: number) => new Date(Date.now() + days * DAY_MS)

  test('of an agent: hours before its end it is to be renewed, then certified anew', async () => {
    const crt = await certificateFile('agent')
    const env = { WRIT_CLIENT_CERT: crt, WRIT_CLIENT_KEY: join(folder, 'agent.key') }
    const settings = settingsOf(env)
    const at = async (days: number) => (await agentCertificate({ settings, now: later(days) }))[0]
    expect(await at(0.5)).toMatchObject({ state: 'ok' })
    expect(await at(0.9)).toMatchObject({
      state: 'warning',
      remedy: expect.stringMatching(/renew/),
    })
    expect(await at(1.1)).toMatchObject({
      state: 'failed',
      remedy: expect.stringMatching(/reissue/),
    })
  })

  test('of the listeners: two weeks before their end the server is to be started again', async () => {
    const given = { settings: settingsOf({}), config: configOf({}) }
    const at = (days: number) => serverCertificates({ ...given, now: later(days) })
    expect((await at(0)).map(({ state }) => state)).toEqual(['ok', 'ok'])
    for (const outcome of await at(80)) {
      expect(outcome).toMatchObject({
        state: 'warning',
        remedy: expect.stringMatching(/Start the server again/),
      })
    }
    expect((await at(91)).map(({ state }) => state)).toEqual(['failed', 'failed'])
  })

  test('of the api listener, in a file', async () => {
    const crt = await certificateFile('api')
    const config = configOf({
      'listeners.api_tls': 'on',
      'listeners.api_certificate': crt,
      'listeners.api_private_key': join(folder, 'api.key'),
    })
    const given = { settings: settingsOf({}), config }
    const [soon] = await serverCertificates({ ...given, now: later(0) })
    expect(soon).toMatchObject({ name: 'api certificate', state: 'warning' })
    expect(soon?.remedy).toContain(crt)
  })

  test('of the root: half a year before its end', async () => {
    const WRIT_CACERT = join(server.folder, 'keys/ca.crt')
    const given = { settings: settingsOf({ WRIT_CACERT }), config: configOf({}) }
    const at = async (days: number) => (await rootCertificate({ ...given, now: later(days) }))[0]
    expect(await at(0)).toMatchObject({ state: 'ok' })
    expect(await at(3_600)).toMatchObject({
      state: 'warning',
      remedy: expect.stringMatching(/Plan a new root/),
    })
    expect(await at(3_651)).toMatchObject({ state: 'failed' })
    const none = await rootCertificate({
      settings: settingsOf({}),
      config: configOf({}),
      now: later(0),
    })
    expect(none[0]?.state).toBe('skipped')
  })

  test('a file that is no certificate is told of', async () => {
    const WRIT_CACERT = join(folder, 'text')
    writeFileSync(WRIT_CACERT, 'text')
    const given = { settings: settingsOf({ WRIT_CACERT }), config: configOf({}), now: later(0) }
    expect((await rootCertificate(given))[0]).toMatchObject({ state: 'failed' })
  })
})

describe('an api listener with a certificate of the built-in authority', () => {
  const found = async (env: NodeJS.ProcessEnv): Promise<readonly CheckOutcome[]> => {
    const ran = await runHere(['doctor', '--json'], { ...env_(), ...env })
    return JSON.parse(ran.stdout).checks
  }
  const env_ = () => ({
    ...server.env,
    WRIT_ADDR: server.env['WRIT_ADDR']?.replace('http:', 'https:'),
    WRIT_TOKEN_FILE: join(server.folder, 'keys/owner.token'),
  })
  const stateOf = (checks: readonly CheckOutcome[], name: string) =>
    checks.find((check) => check.name === name)

  test('the root lies beside the keys, closed to others', () => {
    expect(statSync(join(server.folder, 'keys/ca.crt')).mode & 0o777).toBe(0o600)
  })

  test('doctor names WRIT_CACERT when it is not trusted', async () => {
    const outcome = stateOf(await found({}), 'server /healthz')
    expect(outcome).toMatchObject({ state: 'failed', remedy: expect.stringMatching(/WRIT_CACERT/) })
  })

  test('with WRIT_CACERT the doctor and every other command get on with it', async () => {
    const WRIT_CACERT = join(server.folder, 'keys/ca.crt')
    const checks = await found({ WRIT_CACERT })
    for (const name of ['server /healthz', 'server /readyz', 'clock', 'audit trail']) {
      expect(stateOf(checks, name), name).toMatchObject({ state: 'ok' })
    }
    const listed = await runHere(['keys', 'list', '--json'], { ...env_(), WRIT_CACERT })
    expect(listed.exit, listed.stderr).toBe(0)
  })
})

describe('the database', () => {
  test('no store yet, and one of this version', async () => {
    const none = await database({ config: configOf({ data_dir: join(folder, 'none') }) })
    expect(none).toMatchObject([{ state: 'skipped' }])
    const here = await database({ config: configOf({ data_dir: join(server.folder, 'data') }) })
    expect(here).toMatchObject([{ state: 'ok' }])
  })

  test.each([
    ['0099-later', 'failed', /newer one/],
    [undefined, 'failed', /writ migrate/],
  ])('tables that have seen %s', async (seen, state, remedy) => {
    const data = mkdtempSync(join(folder, 'data-'))
    const Driver = await loadDriver()
    const raw = new Driver(join(data, 'writ.db'))
    raw.exec('create table kysely_migration (name text)')
    if (seen !== undefined) raw.prepare('insert into kysely_migration values (?)').run(seen)
    raw.close()
    const [outcome] = await database({ config: configOf({ data_dir: data }) })
    expect(outcome).toMatchObject({ state, remedy: expect.stringMatching(remedy) })
  })

  test('PostgreSQL: of this version, without tables, and away; its URL is never shown', async () => {
    const url = await freshDatabase()
    expect(await database({ config: configOf({ database_url: url }) })).toMatchObject([
      { state: 'ok' },
    ])
    const away = 'postgres://ann:canary@127.0.0.1:1/none'
    const [outcome] = await database({ config: configOf({ database_url: away }) })
    expect(outcome).toMatchObject({ state: 'failed', remedy: expect.stringMatching(/PostgreSQL/) })
    expect(JSON.stringify(outcome)).not.toMatch(/canary|ann/)
  })
})
