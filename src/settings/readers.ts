import type { AnomalyAction, AnomalySettings } from '../domain/anomaly.ts'

/** Where a listener stands. Port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** A value, or the words for what it should have been. */
export type Reading<T> = { readonly value: T } | { readonly wanted: string }

/** Reads one setting as it came from a flag, a variable or a file. */
export type Reader<T> = (value: unknown) => Reading<T>

/** Any text. */
export function text(value: unknown): Reading<string> {
  return typeof value === 'string' ? { value } : { wanted: 'a text' }
}

/** A text of one pattern; `wanted` names it. */
export function matching(pattern: RegExp, wanted: string): Reader<string> {
  return (value) => (typeof value === 'string' && pattern.test(value) ? { value } : { wanted })
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Reader<Word> {
  return (value) => {
    const word = words.find((candidate) => candidate === value)
    return word === undefined ? { wanted: `one of ${words.join(', ')}` } : { value: word }
  }
}

/** A truth value. */
export function flag(value: unknown): Reading<boolean> {
  if (value === true || value === 'true') return { value: true }
  if (value === false || value === 'false') return { value: false }
  return { wanted: 'true or false' }
}

/** A list; as one text it is separated by commas. */
export function list(value: unknown): Reading<readonly string[]> {
  const entries: unknown[] = typeof value === 'string' ? value.split(',') : asArray(value)
  const texts = entries.filter((entry) => typeof entry === 'string').map((entry) => entry.trim())
  const whole = texts.length === entries.length && texts.length > 0 && !texts.includes('')
  return whole ? { value: texts } : { wanted: 'a list of one or more texts' }
}

/** A list that may be empty. */
export function optionalList(value: unknown): Reading<readonly string[]> {
  return value === '' || (asArray(value).length === 0 && Array.isArray(value))
    ? { value: [] }
    : list(value)
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** A limit of domain/limits.ts: the default is its most. */
export function lowered(max: number): readonly [Reader<number>, number] {
  const wanted = `a whole number between 1 and ${max}; a limit can only be lowered`
  const read: Reader<number> = (value) => {
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    const fits = Number.isInteger(number) && (number as number) >= 1 && (number as number) <= max
    return fits ? { value: number as number } : { wanted }
  }
  return [read, max]
}

/** Host and port of a listener. */
export function readListen(value: unknown): Reading<ListenAddress> {
  const wanted = 'host:port, such as 127.0.0.1:9441 or [::1]:9441'
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(String(value))
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (typeof value !== 'string' || host === undefined || port > 65_535) return { wanted }
  return { value: { host, port } }
}

/** The URL of an authority, in its one spelling. */
export function readIssuer(value: unknown): Reading<string> {
  const wanted = 'an http or https URL without query, fragment or trailing slash'
  if (typeof value !== 'string' || !URL.canParse(value)) return { wanted }
  const { protocol, username, search, hash, pathname, origin } = new URL(value)
  const path = pathname === '/' ? '' : pathname
  const plain = username === '' && search === '' && hash === ''
  const exact = value === `${origin}${path}` && !value.endsWith('/')
  return plain && exact && /^https?:$/.test(protocol) ? { value } : { wanted }
}

/** A listener that may be left out, or stand where its process has it by default. */
export function readOptionalListen(value: unknown): Reading<ListenAddress | 'auto' | 'off'> {
  if (value === 'auto' || value === 'off') return { value }
  const read = readListen(value)
  return 'wanted' in read ? { wanted: `auto, off or ${read.wanted}` } : read
}

/** Whether a listener's host is this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** A listener that a process has only when it is told to. */
export function readListenOrOff(value: unknown): Reading<ListenAddress | 'off'> {
  if (value === 'off') return { value }
  const read = readListen(value)
  return 'wanted' in read ? { wanted: `off or ${read.wanted}` } : read
}

/** Origins reached over TLS, each in its one spelling; none is an empty list. */
export function readOrigins(value: unknown): Reading<readonly string[]> {
  const wanted = 'https URLs of host and port alone, such as https://authority.example:9442'
  const read = optionalList(value)
  if ('wanted' in read) return { wanted }
  const whole = read.value.every(isOrigin) && new Set(read.value).size === read.value.length
  return whole ? read : { wanted }
}

/** One origin, or none. */
export function readOptionalOrigin(value: unknown): Reading<string> {
  const wanted = 'an https URL of host and port alone, such as https://agents.example:9442'
  return typeof value === 'string' && (value === '' || isOrigin(value)) ? { value } : { wanted }
}

function isOrigin(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'https:' && new URL(url).origin === url
}

/** Where others reach something of ours: a URL without a slash at its end; may be empty. */
const publicUrl: Reader<string> = matching(
  /^(https?:\/\/[A-Za-z0-9.[\]:-]+(\/[A-Za-z0-9._~-]+)*)?$/,
  'a URL without a slash at its end',
)

/** A whole number of percent, from one to a hundred. */
export const percent: Reader<number> = (value) => {
  const number = typeof value === 'string' && /^\d{1,3}$/.test(value) ? Number(value) : value
  const fits = Number.isInteger(number) && (number as number) >= 1 && (number as number) <= 100
  return fits ? { value: number as number } : { wanted: 'percent from 1 to 100' }
}

/** A whole number of milliseconds from zero to a most. */
export function milliseconds(max: number): Reader<number> {
  return count('milliseconds', max)
}

/** A whole number of seconds from zero to a most. */
export function seconds(max: number): Reader<number> {
  return count('seconds', max)
}

function count(unit: string, max: number): Reader<number> {
  return (value) => {
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
    const fits = Number.isInteger(number) && (number as number) >= 0 && (number as number) <= max
    return fits ? { value: number as number } : { wanted: `${unit} from 0 to ${max}` }
  }
}

/** The origin of a vault; its token goes over TLS, or in the clear to this machine alone. */
export function readVaultUrl(value: unknown): Reading<string> {
  const wanted = 'an https URL of host and port alone, or http on loopback'
  if (value === '') return { value }
  if (typeof value !== 'string' || !URL.canParse(value)) return { wanted }
  const { origin, protocol, hostname } = new URL(value)
  const local = protocol === 'http:' && /^(localhost|\[::1\]|127\.[0-9.]+)$/.test(hostname)
  return origin === value && (protocol === 'https:' || local) ? { value } : { wanted }
}

const action = oneOf('off', 'alert', 'quarantine')

/** What follows from anomalies: people are told; an agent over its contract is suspended. */
const ANOMALY_SETTINGS: {
  readonly [Name in keyof AnomalySettings]: readonly [Reader<AnomalyAction>, AnomalyAction]
} = {
  'anomaly.new_certificate': [action, 'alert'],
  'anomaly.new_address': [action, 'alert'],
  'anomaly.burst': [action, 'alert'],
  'anomaly.refusals': [action, 'alert'],
  'anomaly.replay': [action, 'alert'],
  'anomaly.use_after_revoke': [action, 'alert'],
  'anomaly.rate_exceeded': [action, 'quarantine'],
  'anomaly.policy_quarantine': [action, 'alert'],
}

/** Settings of subjects that have some of their own. */
export interface GroupedSettings extends AnomalySettings {
  /** Where the local socket of CDP is; empty: there is none. */
  readonly 'cdp.socket': string
  /** The agent that whoever opens the socket is taken for, without proof; empty: nobody. */
  readonly 'cdp.socket_agent': string
  /** Whether a delegation has to be narrower than what it comes from (T-12). */
  readonly 'delegation.strict': boolean
}

const SPIFFE = matching(/^(spiffe:\/\/[a-z0-9._-]+(\/[A-Za-z0-9._-]+)+)?$/, 'the id of an agent')

/** Their readers and defaults, in the order of the documents. */
export const GROUPED_SETTINGS: {
  readonly [Name in keyof GroupedSettings]: readonly [
    Reader<GroupedSettings[Name]>,
    GroupedSettings[Name],
  ]
} = {
  ...ANOMALY_SETTINGS,
  'cdp.socket': [text, ''],
  'cdp.socket_agent': [SPIFFE, ''],
  'delegation.strict': [flag, false],
}

/** What agents are told and given of what the gateway serves. */
export interface OfferSettings {
  /** Where agents reach the gateway, and its handles; empty: where this process listens. */
  readonly 'gateway.public_url': string
  readonly 'gateway.handles_url': string
  /** What agents may have of a credential at most. */
  readonly 'exposure.max': 'never' | 'use' | 'retrieve'
  readonly 'crp.list_shape': 'objects' | 'names'
}

/** How these are read, and what holds where nothing is said. */
export const OFFER_SETTINGS: {
  readonly [Name in keyof OfferSettings]: readonly [
    Reader<OfferSettings[Name]>,
    OfferSettings[Name],
  ]
} = {
  'gateway.public_url': [publicUrl, ''],
  'gateway.handles_url': [publicUrl, ''],
  'exposure.max': [oneOf('never', 'use', 'retrieve'), 'use'],
  'crp.list_shape': [oneOf('objects', 'names'), 'objects'],
}

/** What does not fit together in the settings of the vault, as a sentence. */
export function vaultProblem(
  config: Readonly<
    Record<'vault.backend' | 'vault.file_dir' | 'vault.kv_url' | 'vault.kv_token_file', string>
  >,
): string | undefined {
  const isKv = config['vault.kv_url'] !== ''
  if (isKv !== (config['vault.kv_token_file'] !== '')) {
    return 'vault.kv_url and vault.kv_token_file: set both or neither.'
  }
  const missing =
    (config['vault.backend'] === 'file' && config['vault.file_dir'] === '') ||
    (config['vault.backend'] === 'vault_kv' && !isKv)
  return missing ? `vault.backend: ${config['vault.backend']} is not set up.` : undefined
}
