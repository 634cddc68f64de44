import { describe, expect, it } from 'vitest'
import { flagOf, SETTING_NAMES, variableOf } from '../../src/settings/config.ts'
import { configOf } from '../support/settings.ts'

describe('where settings come from', () => {
  it('takes a flag before the environment, the environment before the file', () => {
    const file = {
      name: 'writ.toml',
      text: 'data_dir = "file"\nkeys_dir = "file"\nissuer = "https://file.example"',
    }
    const env = { WRIT_DATA_DIR: 'env', WRIT_KEYS_DIR: 'env' }
    const config = configOf({ flags: { data_dir: 'flag' }, env, file })
    expect([config.data_dir, config.keys_dir, config.issuer]).toEqual([
      'flag',
      'env',
      'https://file.example',
    ])
  })

  it('takes an empty variable for none', () => {
    expect(configOf({ env: { WRIT_DATA_DIR: '' } }).data_dir).toBe('.writ')
  })

  it('reads a whole file, tables, dotted keys and lists', () => {
    const text = [
      'issuer = "https://writ.acme.example/auth"',
      'server_names = ["writ.acme.example", "10.0.0.1"]',
      'listeners.api = "[::1]:0"',
      '[gateway]',
      'routes = "routes.toml"',
      '[limits]',
      'body_bytes_max = 1024',
    ].join('\n')
    const config = configOf({ file: { name: 'writ.toml', text } })
    expect(config.issuer).toBe('https://writ.acme.example/auth')
    expect(config.server_names).toEqual(['writ.acme.example', '10.0.0.1'])
    expect(config['listeners.api']).toEqual({ host: '::1', port: 0 })
    expect(config['gateway.routes']).toBe('routes.toml')
    expect(config['limits.body_bytes_max']).toBe(1024)
  })

  it('reads lists and numbers from the environment', () => {
    const env = { WRIT_SERVER_NAMES: 'a.example, b.example', WRIT_LIMITS_BODY_BYTES_MAX: '2048' }
    const config = configOf({ env })
    expect(config.server_names).toEqual(['a.example', 'b.example'])
    expect(config['limits.body_bytes_max']).toBe(2048)
  })

  it('gives every setting one variable and one flag', () => {
    expect(variableOf('listeners.api')).toBe('WRIT_LISTENERS_API')
    expect(flagOf('limits.body_bytes_max')).toBe('--limits-body-bytes-max')
    expect(new Set(SETTING_NAMES.map(variableOf)).size).toBe(SETTING_NAMES.length)
  })
})
