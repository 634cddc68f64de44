import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CommandFailure } from '../../src/cli/outcome.ts'
import { buildProgram } from '../../src/cli/program.ts'
import { readSettings } from '../../src/cli/settings.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-'))
  for (const name of ['agent.crt', 'agent.key', 'ca.crt', 'token']) {
    writeFileSync(join(folder, name), `${name} text\n`, { mode: 0o600 })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The settings of a command line with these words, in this environment. */
function settingsOf(words: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = new Command('probe').exitOverride()
  for (const option of buildProgram().options) program.addOption(option)
  program.parse([...words], { from: 'user' })
  return readSettings(program, env)
}

describe('addresses', () => {
  test('stand on loopback unless told otherwise', () => {
    const { apiAddress, agentsAddress, gatewayAddress } = settingsOf([])
    expect([apiAddress, agentsAddress, gatewayAddress]).toEqual([
      'http://127.0.0.1:9441',
      'https://127.0.0.1:9442',
      'https://127.0.0.1:9443',
    ])
  })

  test('a flag comes before the environment, and an empty variable is none', () => {
    const env = { WRIT_ADDR: 'https://env.example', WRIT_AGENTS_ADDR: '' }
    expect(settingsOf([], env).apiAddress).toBe('https://env.example')
    expect(settingsOf([], env).agentsAddress).toBe('https://127.0.0.1:9442')
    const flagged = settingsOf(['--addr', 'https://flag.example'], env)
    expect(flagged.apiAddress).toBe('https://flag.example')
  })

  test.each(['nowhere', 'ftp://a.example', 'https://a.example/path', 'https://u:p@a.example'])(
    'are refused when they are not just an origin: %s',
    (text) => {
      expect(() => settingsOf(['--addr', text])).toThrow(CommandFailure)
    },
  )
})

describe('who asks', () => {
  test('the token of a file is trimmed, and comes before the environment', () => {
    const settings = settingsOf(['--token-file', join(folder, 'token')], { WRIT_TOKEN: 'env' })
    expect(settings.bearer().bearer).toBe('token text')
    expect(settingsOf([], { WRIT_TOKEN: 'env' }).bearer().bearer).toBe('env')
  })

  test('a token file that others can read is refused', () => {
    const open = join(folder, 'open')
    writeFileSync(open, 'x')
    chmodSync(open, 0o644)
    expect(() => settingsOf([], { WRIT_TOKEN_FILE: open }).bearer()).toThrow(/open to other users/)
  })

  test('a token does not leave this machine in the clear', () => {
    const env = { WRIT_TOKEN: 'x', WRIT_ADDR: 'http://authority.example' }
    expect(() => settingsOf([], env).bearer()).toThrow(/in the clear/)
    expect(settingsOf([], { ...env, WRIT_ADDR: 'http://[::1]:1' }).bearer().bearer).toBe('x')
  })

  test('an identity folder gives certificate, key and root', () => {
    const settings = settingsOf(['--identity', folder])
    expect(settings.certificate('https://a.example')).toEqual({
      address: 'https://a.example',
      ca: 'ca.crt text\n',
      certificate: 'agent.crt text\n',
      privateKey: 'agent.key text\n',
    })
  })

  test('nobody is asked for by the flag that is missing', () => {
    expect(() => settingsOf([]).bearer()).toThrow(/--token-file/)
    expect(() => settingsOf([]).certificate('https://a.example')).toThrow(/--identity/)
  })

  test('for what both may do: certificate flag, then token, then certificate variable', () => {
    const env = { WRIT_TOKEN: 'x', WRIT_IDENTITY: folder }
    expect(settingsOf([], env).either()).toHaveProperty('bearer', 'x')
    expect(settingsOf(['--identity', folder], env).either()).toHaveProperty('privateKey')
    expect(settingsOf([], { WRIT_IDENTITY: folder }).either()).toHaveProperty('privateKey')
    expect(() => settingsOf([]).either()).toThrow(/Who asks/)
  })
})
