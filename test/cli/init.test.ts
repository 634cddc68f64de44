import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemdUnit, USUAL_PLACES } from '../../src/cli/init/unit.ts'
import { MAIN, READER, runWrit } from '../support/cli-process.ts'
import { freePort } from '../support/free-ports.ts'
import { hasTerminals, runOnTerminal } from '../support/terminal.ts'

const outside = mkdtempSync(join(tmpdir(), 'writ-init-'))
const folder = join(outside, 'deployment')
let listeners: readonly string[] = []
beforeAll(async () => {
  listeners = await Promise.all(
    ['--api', '--agents', '--gateway'].map(async (flag) => {
      return `${flag}=127.0.0.1:${await freePort()}`
    }),
  )
})

describe('writ init into an empty folder', () => {
  test('makes keys, store, owner, settings and unit, all closed to others', async () => {
    const words = ['init', folder, '--server-names', 'localhost', ...listeners, '--json']
    const ran = await runWrit(words)
    expect(ran.exit, ran.stderr).toBe(0)
    const made = JSON.parse(ran.stdout)
    expect(made).toMatchObject({ folder, config: join(folder, 'writ.toml') })
    expect(readdirSync(folder).sort()).toEqual([
      ...['data', 'keys', 'routes.toml', 'writ.service', 'writ.toml'],
    ])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of ['writ.toml', 'writ.service', 'keys/owner.token', 'keys/master.key']) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    }
    expect(ran.stdout + ran.stderr).not.toContain('writ_owner_')
    expect(readFileSync(made.unit, 'utf8')).toContain(`serve --config ${made.config}\n`)
  }, 30_000)

  test('takes no folder whose name would be a line of the unit', async () => {
    const sly = join(outside, 'x\nExecStartPre=evil')
    const ran = await runWrit(['init', sly, '--server-names', 'localhost', ...listeners])
    expect([ran.exit, ran.stderr]).toEqual([2, 'The folder may hold no control characters.\n'])
    expect(existsSync(sly)).toBe(false)
  })

  test('writ serve comes up from its settings, and writ doctor finds nothing wrong', async () => {
    const config = join(folder, 'writ.toml')
    const words = ['--import', READER, MAIN, 'serve', '--json', '--config', config]
    const server = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] })
    const exited = once(server, 'exit')
    const [first] = (await Promise.race([once(server.stdout, 'data'), exited])) as [Buffer]
    const { api, agents } = JSON.parse(first.toString('utf8'))
    const env = {
      PATH: process.env['PATH'],
      WRIT_ADDR: api,
      WRIT_AGENTS_ADDR: agents,
      WRIT_TOKEN_FILE: join(folder, 'keys', 'owner.token'),
    }
    const ran = await runWrit(['doctor', '--config', config, '--json'], { env })
    server.kill('SIGTERM')
    await exited
    const { ok, checks } = JSON.parse(ran.stdout)
    expect(checks.filter(({ state }: { state: string }) => state === 'failed')).toEqual([])
    expect({ ok, exit: ran.exit }).toEqual({ ok: true, exit: 0 })
  }, 30_000)

  test('overwrites nothing', async () => {
    const before = readFileSync(join(folder, 'keys', 'owner.token'), 'utf8')
    const ran = await runWrit(['init', folder, '--server-names', 'localhost'])
    expect(ran).toMatchObject({ exit: 1, stdout: '' })
    expect(ran.stderr).toMatch(/is not empty, and nothing of it is overwritten/)
    expect(readFileSync(join(folder, 'keys', 'owner.token'), 'utf8')).toBe(before)
  })

  test('leaves nothing when it fails', async () => {
    const failing = join(outside, 'failing')
    const url = join(outside, 'database.url')
    writeFileSync(url, 'postgres://writ@127.0.0.1:1/writ', { mode: 0o600 })
    const words = ['--server-names', 'localhost', '--database-url-file', url]
    const ran = await runWrit(['init', failing, ...words])
    expect(ran.exit).toBe(1)
    expect(readdirSync(failing)).toEqual([])
  })
})

describe('without a terminal nobody is asked', () => {
  test.each([
    [[], /writ init FOLDER/],
    [['x'], /--server-names/],
    [['x', '--server-names', 'a.example', '--trust-domain', 'A B'], /trust_domain/],
    [['x', '--server-names', 'a.example', '--api', '0.0.0.0:9441'], /loopback/],
    [['x', '--server-names', 'a.example', '--user', 'a b'], /--user/],
  ])('writ init %j says what is missing', async (words, sentence) => {
    const ran = await runWrit(['init', ...words])
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toMatch(sentence)
  })
})

describe.skipIf(!hasTerminals)('on a terminal (driven by Python, skipped without it)', () => {
  test('what was not given is asked, and an empty answer takes what is offered', async () => {
    const place = join(outside, 'asked')
    const answers = [
      ['Folder for keys', `${place}\r`],
      ['Names agents reach', 'authority.example.com\r'],
      ['Trust domain', '\r'],
      ['postgres:// URL', '\r'],
    ] as const
    const ran = await runOnTerminal(['init'], { answers })
    expect(ran.exit, ran.screen).toBe(0)
    const text = readFileSync(join(place, 'writ.toml'), 'utf8')
    expect(text).toContain('trust_domain = "authority.example.com"')
    expect(text).toContain('# database_url_file')
  }, 60_000)

  test('Ctrl-C at a question ends with 130 and makes nothing', async () => {
    const place = join(outside, 'given-up')
    const ran = await runOnTerminal(['init', place], { answers: [['Names agents', '\u0003']] })
    expect(ran.exit).toBe(130)
    expect(readdirSync(outside)).not.toContain('given-up')
  }, 60_000)
})

describe('the systemd unit', () => {
  test('deploy/systemd/writ.service is the template of writ init, filled in as usual', () => {
    const file = new URL('../../deploy/systemd/writ.service', import.meta.url)
    expect(readFileSync(file, 'utf8')).toBe(systemdUnit(USUAL_PLACES))
  })

  test('a command with spaces and signs of systemd is started as it is', () => {
    const command = ['/opt/my node/bin/node', '/opt/100%/main.mjs']
    const unit = systemdUnit({ ...USUAL_PLACES, command })
    expect(unit).toContain('ExecStart="/opt/my node/bin/node" /opt/100%%/main.mjs serve --config ')
  })
})
