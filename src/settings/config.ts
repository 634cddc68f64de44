import { CREDENTIAL_BACKENDS, type CredentialBackend } from '../domain/credential.ts'
import {
  APPROVAL_QUORUM_MAX,
  APPROVAL_SECONDS_DEFAULT,
  APPROVAL_SECONDS_MAX,
  ATTESTATION_AGE_SECONDS_MAX,
  BODY_BYTES_MAX,
  BUDGET_WARNING_PERCENT,
  CALLER_REQUESTS_PER_MINUTE,
  DECISION_DEADLINE_MS,
  DRAIN_DEADLINE_MS_MAX,
  DRAIN_NOTICE_MS_MAX,
} from '../domain/limits.ts'
import type { LogFormat, LogLevel } from '../log.ts'
import { API_SETTINGS, type ApiSettings, apiProblem } from './api.ts'
import { type Found, readConfigFile } from './file.ts'
import {
  flag,
  GROUPED_SETTINGS,
  type GroupedSettings,
  type ListenAddress,
  list,
  lowered,
  matching,
  milliseconds,
  OFFER_SETTINGS,
  type OfferSettings,
  oneOf,
  optionalList,
  percent,
  type Reader,
  type Reading,
  readIssuer,
  readListen,
  readListenOrOff,
  readOptionalListen,
  readOptionalOrigin,
  readOrigins,
  readVaultUrl,
  seconds,
  text,
  vaultProblem,
} from './readers.ts'

export type { ListenAddress } from './readers.ts'

/** Everything that can be set about a process. */
export interface Config extends GroupedSettings, OfferSettings, ApiSettings {
  /** `iss` of every token; an http or https URL without query or fragment. */
  readonly issuer: string
  readonly trust_domain: string
  /** Folder of `<trust domain>.pem`, authorities of other trust domains; empty: none. */
  readonly trust_bundles_dir: string
  readonly data_dir: string
  /** `postgres://…` with its password; empty means SQLite in `data_dir`. Never shown (I12). */
  readonly database_url: string
  /** A file that holds it instead; empty when there is none. */
  readonly database_url_file: string
  readonly keys_dir: string
  /** `alg` of new token keys: `EdDSA` is known everywhere, `Ed25519` is RFC 9864. */
  readonly token_alg: 'EdDSA' | 'Ed25519'
  /** DNS names and addresses in the certificates of the agents and gateway listeners. */
  readonly server_names: readonly string[]
  /** Origin under which agents reach the agents listener; empty: first server name and port. */
  readonly agents_url: string
  /** Lets the api listener stand off loopback without TLS: only behind a TLS proxy. */
  readonly plain_api_off_loopback: boolean
  readonly 'listeners.api': ListenAddress
  readonly 'listeners.agents': ListenAddress
  readonly 'listeners.gateway': ListenAddress
  /** Calls by handle; plain HTTP on loopback, TLS without client certificate elsewhere. */
  readonly 'listeners.handles': ListenAddress | 'off'
  /** Calls by tokens bound to a proven key; TLS that asks for a certificate and needs none. */
  readonly 'listeners.dpop': ListenAddress | 'off'
  /** Health and metrics of a process; `auto` is loopback for a gateway and none otherwise. */
  readonly 'listeners.admin': ListenAddress | 'auto' | 'off'
  /** Agents listeners of an authority elsewhere: the gateway then has no store and no keys. */
  readonly authority: readonly string[]
  /** File of the issuers whose chains of attenuating tokens are accepted; empty: nobody's. */
  readonly 'aat.issuers_file': string
  /** File of the issuers whose word for a person is taken; empty: nobody's. */
  readonly 'oauth.assertion_issuers_file': string
  /** Keys trusted to sign releases, each `name:base64url(32 bytes)`; see src/attestation. */
  readonly 'attestation.release_keys': readonly string[]
  /** File of the issuers of workload identity tokens; empty when there is none. */
  readonly 'attestation.oidc_issuers_file': string
  /** Whether evidence that differs from what is known suspends the agent. */
  readonly 'attestation.suspend_on_mismatch': boolean
  /** Owners are alerted of agents whose newest proof is older, in seconds; 0: of none. */
  readonly 'attestation.renew_seconds': number
  /** File of the proxies that may ask about requests; empty when there is none. */
  readonly 'forward_auth.proxies': string
  /** File of the gateway's routes; empty when there is none. */
  readonly 'gateway.routes': string
  /** Whether proofs of possession have to carry a nonce of the gateway (RFC 9449 §9). */
  readonly 'gateway.dpop_nonce': boolean
  /** PEM files of a gateway without a store: its certificate, its key, and whom it trusts. */
  readonly 'gateway.certificate': string
  readonly 'gateway.private_key': string
  readonly 'gateway.authority_ca': string
  /** Folder of the ledgers of detached routes; empty when there is none. */
  readonly 'gateway.ledger_dir': string
  /** Where the secret of a credential goes when its owner does not say (CDP-35). */
  readonly 'vault.backend': CredentialBackend
  /** Folder of secrets in files; empty when there is none. */
  readonly 'vault.file_dir': string
  /** Origin of a KV version 2 engine; empty when there is none. */
  readonly 'vault.kv_url': string
  readonly 'vault.kv_mount': string
  readonly 'vault.kv_namespace': string
  /** File that holds its token; read at each use. */
  readonly 'vault.kv_token_file': string
  /** PEM file of the authorities it is trusted by; empty: the public ones. */
  readonly 'vault.kv_ca': string
  /** How long a process that was told to end says so before it takes no more connections. */
  readonly drain_notice_ms: number
  /** How long what runs then may go on; after that it is cut. */
  readonly drain_deadline_ms: number
  /** Whether `leash+jwt` is minted and verified. */
  readonly leash_tokens: boolean
  /** Whether leases get a number in status lists, and call tokens the address of theirs. */
  readonly status_list: boolean
  /** How much of a budget is used when its owner is told, in percent. */
  readonly budget_warning_percent: number
  /** How long an approval waits for an owner's yes before it is a no. */
  readonly 'approvals.seconds': number
  /** Distinct owners that have to say yes. */
  readonly 'approvals.quorum': number
  /** Folder of policy files; empty: contracts alone decide. */
  readonly policy_dir: string
  /** Ed25519 key, base64url, that has to sign every policy file; empty: none has to. */
  readonly policy_key: string
  /** Whether the authority verifies the whole audit trail before it serves (CDP-26). */
  readonly 'audit.verify_at_start': boolean
  readonly 'log.level': LogLevel
  readonly 'log.format': LogFormat
  readonly 'limits.caller_requests_per_minute': number
  readonly 'limits.body_bytes_max': number
  readonly 'limits.decision_deadline_ms': number
}

/** The name of a setting: its place in the file. */
export type SettingName = keyof Config

/** A configuration, or the sentence that says what is wrong and where. */
export type ReadConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problem: string }

type Settings = { readonly [Name in SettingName]: readonly [Reader<Config[Name]>, Config[Name]] }

const SETTINGS: Settings = {
  issuer: [readIssuer, 'http://127.0.0.1:9441'],
  trust_domain: [matching(/^[a-z0-9._-]{1,255}$/, 'a lowercase trust domain'), 'writ.local'],
  trust_bundles_dir: [text, ''],
  data_dir: [text, '.writ'],
  database_url: [matching(/^(postgres(ql)?:\/\/\S+)?$/, 'a postgres:// URL'), ''],
  database_url_file: [text, ''],
  keys_dir: [text, 'keys'],
  token_alg: [oneOf('EdDSA', 'Ed25519'), 'EdDSA'],
  server_names: [list, ['localhost', '127.0.0.1']],
  agents_url: [readOptionalOrigin, ''],
  plain_api_off_loopback: [flag, false],
  'listeners.api': [readListen, { host: '127.0.0.1', port: 9441 }],
  'listeners.agents': [readListen, { host: '127.0.0.1', port: 9442 }],
  'listeners.gateway': [readListen, { host: '127.0.0.1', port: 9443 }],
  'listeners.handles': [readListenOrOff, 'off'],
  'listeners.dpop': [readListenOrOff, 'off'],
  ...API_SETTINGS,
  'listeners.admin': [readOptionalListen, 'auto'],
  authority: [readOrigins, []],
  'aat.issuers_file': [text, ''],
  'oauth.assertion_issuers_file': [text, ''],
  'attestation.release_keys': [optionalList, []],
  'attestation.oidc_issuers_file': [text, ''],
  'attestation.suspend_on_mismatch': [flag, false],
  'attestation.renew_seconds': [seconds(ATTESTATION_AGE_SECONDS_MAX), 0],
  'forward_auth.proxies': [text, ''],
  'gateway.routes': [text, ''],
  'gateway.dpop_nonce': [flag, false],
  'gateway.certificate': [text, ''],
  'gateway.private_key': [text, ''],
  'gateway.authority_ca': [text, ''],
  'gateway.ledger_dir': [text, ''],
  ...OFFER_SETTINGS,
  'vault.backend': [oneOf(...CREDENTIAL_BACKENDS), 'embedded'],
  'vault.file_dir': [text, ''],
  'vault.kv_url': [readVaultUrl, ''],
  'vault.kv_mount': [matching(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'a mount path'), 'secret'],
  'vault.kv_namespace': [matching(/^([A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*)?$/, 'a namespace'), ''],
  'vault.kv_token_file': [text, ''],
  'vault.kv_ca': [text, ''],
  drain_notice_ms: [milliseconds(DRAIN_NOTICE_MS_MAX), 250],
  drain_deadline_ms: [milliseconds(DRAIN_DEADLINE_MS_MAX), 5_000],
  leash_tokens: [flag, false],
  status_list: [flag, false],
  budget_warning_percent: [percent, BUDGET_WARNING_PERCENT],
  'approvals.seconds': [lowered(APPROVAL_SECONDS_MAX)[0], APPROVAL_SECONDS_DEFAULT],
  'approvals.quorum': [lowered(APPROVAL_QUORUM_MAX)[0], 1],
  policy_dir: [text, ''],
  policy_key: [matching(/^([A-Za-z0-9_-]{43})?$/, 'a base64url Ed25519 public key'), ''],
  'audit.verify_at_start': [flag, true],
  ...GROUPED_SETTINGS,
  'log.level': [oneOf('debug', 'info', 'warn', 'error', 'silent'), 'info'],
  'log.format': [oneOf('auto', 'json', 'text', 'pretty'), 'auto'],
  'limits.caller_requests_per_minute': lowered(CALLER_REQUESTS_PER_MINUTE),
  'limits.body_bytes_max': lowered(BODY_BYTES_MAX),
  'limits.decision_deadline_ms': lowered(DECISION_DEADLINE_MS),
}

/** Every setting there is, in the order of the documents. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[]

/** What a setting may be, in the words of its reader, and its default; for the reference. */
export function describeSetting(name: SettingName): {
  readonly wanted: string
  readonly fallback: unknown
} {
  const [read, fallback] = SETTINGS[name]
  const reading = read({})
  return { wanted: 'wanted' in reading ? reading.wanted : 'anything', fallback }
}

/** The variable of a setting: `listeners.api` is `WRIT_LISTENERS_API`. */
export function variableOf(name: SettingName): string {
  return `WRIT_${name.toUpperCase().replaceAll('.', '_')}`
}

/** The flag of a setting: `listeners.api` is `--listeners-api`. */
export function flagOf(name: SettingName): string {
  return `--${name.replaceAll(/[._]/g, '-')}`
}

/**
 * Reads the settings: flag before environment before file before default. The file is TOML 1.0 and
 * strict: a key nobody reads is a promise nobody keeps, so it is refused with its line. Limits may
 * only be lowered. Touches no disk: the text of the file is handed in.
 */
export function readConfig(sources: {
  readonly flags?: Readonly<Partial<Record<SettingName, string>>>
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly file?: { readonly name: string; readonly text: string }
}): ReadConfig {
  const file = readConfigFile(sources.file, (key) => Object.hasOwn(SETTINGS, key))
  if (typeof file === 'string') return refuse(file)
  const config: Partial<Record<SettingName, unknown>> = {}
  for (const name of SETTING_NAMES) {
    const [read, fallback] = SETTINGS[name]
    const found =
      fromText(sources.flags?.[name], flagOf(name)) ??
      fromText(sources.env?.[variableOf(name)], variableOf(name)) ??
      file.get(name)
    const reading: Reading<unknown> = found === undefined ? { value: fallback } : read(found.value)
    if ('wanted' in reading) return refuse(`${found?.place}: ${name} has to be ${reading.wanted}.`)
    config[name] = reading.value
  }
  return checkTogether(config as Config)
}

function fromText(value: string | undefined, place: string): Found | undefined {
  return value === undefined || value === '' ? undefined : { value, place }
}

function refuse(problem: string): ReadConfig {
  return { ok: false, problem }
}

/** What holds between settings. */
function checkTogether(config: Config): ReadConfig {
  if (config.database_url !== '' && config.database_url_file !== '') {
    return refuse('database_url and database_url_file: set one of them.')
  }
  const problem = apiProblem(config) ?? vaultProblem(config)
  return problem === undefined ? { ok: true, config } : refuse(problem)
}
