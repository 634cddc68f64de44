import { describe, expect, it } from 'vitest'
import { CALLER_REQUESTS_PER_MINUTE, DRAIN_NOTICE_MS_MAX } from '../../src/domain/limits.ts'
import { readConfig } from '../../src/settings/config.ts'
import { configOf, problemOf } from '../support/settings.ts'

describe('configuration', () => {
  it('has a working default for everything', () => {
    expect(configOf({})).toEqual({
      issuer: 'http://127.0.0.1:9441',
      ...{ trust_domain: 'writ.local', trust_bundles_dir: '' },
      data_dir: '.writ',
      database_url: '',
      database_url_file: '',
      keys_dir: 'keys',
      token_alg: 'EdDSA',
      server_names: ['localhost', '127.0.0.1'],
      plain_api_off_loopback: false,
      'listeners.api': { host: '127.0.0.1', port: 9441 },
      'listeners.agents': { host: '127.0.0.1', port: 9442 },
      'listeners.gateway': { host: '127.0.0.1', port: 9443 },
      'listeners.handles': 'off',
      'listeners.dpop': 'off',
      agents_url: '',
      'listeners.admin': 'auto',
      'listeners.api_tls': 'off',
      'listeners.api_certificate': '',
      'listeners.api_private_key': '',
      ...{ security_contact: '', security_policy: '' },
      authority: [],
      'attestation.release_keys': [],
      'forward_auth.proxies': '',
      'gateway.routes': '',
      'gateway.dpop_nonce': false,
      'gateway.certificate': '',
      'gateway.private_key': '',
      'gateway.authority_ca': '',
      'gateway.ledger_dir': '',
      'vault.backend': 'embedded',
      'vault.file_dir': '',
      'vault.kv_url': '',
      'vault.kv_mount': 'secret',
      'vault.kv_namespace': '',
      'vault.kv_token_file': '',
      'vault.kv_ca': '',
      drain_notice_ms: 250,
      drain_deadline_ms: 5_000,
      leash_tokens: false,
      status_list: false,
      'approvals.seconds': 300,
      'approvals.quorum': 1,
      budget_warning_percent: 80,
      'audit.verify_at_start': true,
      'aat.issuers_file': '',
      'oauth.assertion_issuers_file': '',
      'attestation.oidc_issuers_file': '',
      'attestation.renew_seconds': 0,
      'attestation.suspend_on_mismatch': false,
      policy_dir: '',
      policy_key: '',
      'anomaly.new_certificate': 'alert',
      'anomaly.new_address': 'alert',
      'anomaly.burst': 'alert',
      'anomaly.refusals': 'alert',
      'anomaly.replay': 'alert',
      'anomaly.use_after_revoke': 'alert',
      'anomaly.rate_exceeded': 'quarantine',
      'anomaly.policy_quarantine': 'alert',
      'cdp.socket': '',
      'cdp.socket_agent': '',
      'delegation.strict': false,
      'crp.list_shape': 'objects',
      'exposure.max': 'use',
      'gateway.handles_url': '',
      'gateway.public_url': '',
      'log.level': 'info',
      'log.format': 'auto',
      'limits.caller_requests_per_minute': 6000,
      'limits.body_bytes_max': 65536,
      'limits.decision_deadline_ms': 2000,
    })
  })

  it('CDP-35: a vault is set up whole, and reached over TLS or on this machine', () => {
    const kv = { 'vault.kv_token_file': 'token' }
    for (const url of ['https://vault.example:8200', 'http://127.0.0.1:8200']) {
      const flags = { ...kv, 'vault.kv_url': url, 'vault.backend': 'vault_kv' }
      expect(configOf({ flags })['vault.kv_url']).toBe(url)
    }
    const refused: readonly Parameters<typeof readConfig>[0][] = [
      { flags: { 'vault.kv_url': 'https://vault.example:8200' } },
      { flags: kv },
      { flags: { 'vault.backend': 'vault_kv' } },
      { flags: { 'vault.backend': 'file' } },
      { flags: { 'vault.backend': 'keyring' } },
      { flags: { ...kv, 'vault.kv_url': 'http://vault.example:8200' } },
      { flags: { ...kv, 'vault.kv_url': 'https://vault.example/v1' } },
      { flags: { ...kv, 'vault.kv_url': 'https://vault.example', 'vault.kv_mount': '../sys' } },
    ]
    expect(refused.filter((sources) => readConfig(sources).ok)).toEqual([])
  })

  it('I12: a URL of the database that does not fit is refused without being shown', () => {
    for (const wrong of ['mysql://u:hunter2@h/d', 'postgres://u:hunter2@h/d e']) {
      const read = readConfig({ env: { WRIT_DATABASE_URL: wrong } })
      expect(read).toEqual({
        ok: false,
        problem: 'WRIT_DATABASE_URL: database_url has to be a postgres:// URL.',
      })
    }
    const both = { database_url: 'postgres://u:hunter2@h/d', database_url_file: 'url' }
    expect(readConfig({ flags: both })).toEqual({
      ok: false,
      problem: 'database_url and database_url_file: set one of them.',
    })
  })

  it('reads where a gateway without a store finds its authority', () => {
    const flags = { authority: 'https://a.example:9442, https://[::1]:9442' }
    expect(configOf({ flags }).authority).toEqual(['https://a.example:9442', 'https://[::1]:9442'])
    for (const authority of [
      'http://a.example:9442',
      'https://a.example/',
      'https://a.example:443',
      'https://a.example,https://a.example',
      'https://u@a.example',
      'a.example:9442',
    ]) {
      expect(readConfig({ flags: { authority } }).ok, authority).toBe(false)
    }
  })

  it('reads listeners that may be left out, and times from zero', () => {
    const admin = (value: string) => configOf({ flags: { 'listeners.admin': value } })
    expect(admin('off')['listeners.admin']).toBe('off')
    expect(admin('127.0.0.1:0')['listeners.admin']).toEqual({ host: '127.0.0.1', port: 0 })
    expect(configOf({ flags: { drain_notice_ms: '0' } }).drain_notice_ms).toBe(0)
    for (const drain_notice_ms of ['-1', '1.5', `${DRAIN_NOTICE_MS_MAX + 1}`]) {
      expect(readConfig({ flags: { drain_notice_ms } }).ok).toBe(false)
    }
  })

  const refused: readonly [string, string, string][] = [
    [
      'an unknown key',
      'issuer = "https://a.example"\nisuer = "x"',
      'writ.toml:2: there is no setting isuer.',
    ],
    [
      'an unknown key in a table',
      '[log]\nlevel = "info"\n\nlevle = "x"',
      'writ.toml:4: there is no setting log.levle.',
    ],
    ['an unknown table', '[logs]\nlevel = "info"', 'writ.toml:2: there is no setting logs.level.'],
    ['a key of the prototype', 'toString = 1', 'writ.toml:1: there is no setting toString.'],
    ['what is not TOML', 'issuer = \n', 'writ.toml:1:10: this is not TOML.'],
    ['a key twice', 'data_dir = "a"\ndata_dir = "b"', 'writ.toml:2:1: this is not TOML.'],
    [
      'a raised limit',
      `[limits]\ncaller_requests_per_minute = ${CALLER_REQUESTS_PER_MINUTE + 1}`,
      'writ.toml:2: limits.caller_requests_per_minute has to be a whole number between 1 and 6000; a limit can only be lowered.',
    ],
    [
      'a limit of zero',
      'limits.body_bytes_max = 0',
      'writ.toml:1: limits.body_bytes_max has to be a whole number between 1 and 65536; a limit can only be lowered.',
    ],
    [
      'a fraction',
      'limits.body_bytes_max = 1.5',
      'writ.toml:1: limits.body_bytes_max has to be a whole number between 1 and 65536; a limit can only be lowered.',
    ],
    [
      'an unknown level',
      'log.level = "loud"',
      'writ.toml:1: log.level has to be one of debug, info, warn, error, silent.',
    ],
    [
      'an unknown algorithm',
      'token_alg = "none"',
      'writ.toml:1: token_alg has to be one of EdDSA, Ed25519.',
    ],
    [
      'an empty list',
      'server_names = []',
      'writ.toml:1: server_names has to be a list of one or more texts.',
    ],
    [
      'a list of numbers',
      'server_names = [1]',
      'writ.toml:1: server_names has to be a list of one or more texts.',
    ],
    [
      'a trust domain in capitals',
      'trust_domain = "Acme"',
      'writ.toml:1: trust_domain has to be a lowercase trust domain.',
    ],
    [
      'an address without port',
      'listeners.agents = "127.0.0.1"',
      'writ.toml:1: listeners.agents has to be host:port, such as 127.0.0.1:9441 or [::1]:9441.',
    ],
    [
      'a port too high',
      'listeners.agents = "127.0.0.1:65536"',
      'writ.toml:1: listeners.agents has to be host:port, such as 127.0.0.1:9441 or [::1]:9441.',
    ],
    [
      'a text where true is wanted',
      'plain_api_off_loopback = "yes"',
      'writ.toml:1: plain_api_off_loopback has to be true or false.',
    ],
  ]
  for (const [what, text, problem] of refused) {
    it(`refuses ${what} with file, line and reason`, () => {
      expect(problemOf(text)).toBe(problem)
    })
  }

  const issuers: readonly [string, boolean][] = [
    ['https://writ.example', true],
    ['http://127.0.0.1:9441', true],
    ['https://writ.example/tenant', true],
    ['https://writ.example/', false],
    ['https://writ.example?x=1', false],
    ['https://writ.example#x', false],
    ['https://user@writ.example', false],
    ['https://WRIT.example', false],
    ['https://writ.example:443', false],
    ['ftp://writ.example', false],
    ['writ.example', false],
  ]
  it.each(issuers)('whether the issuer %s is accepted: %s', (issuer, accepted) => {
    expect(readConfig({ flags: { issuer } }).ok).toBe(accepted)
  })

  it('names the flag or variable that was wrong', () => {
    expect(problemOf({ flags: { 'log.level': 'x' } })).toMatch(/^--log-level: log\.level has to be/)
    expect(problemOf({ env: { WRIT_LOG_LEVEL: 'x' } })).toMatch(/^WRIT_LOG_LEVEL: log\.level has/)
  })
})
