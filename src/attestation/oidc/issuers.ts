import {
  FOREIGN_TOKEN_AGE_SECONDS_DEFAULT,
  FOREIGN_TOKEN_AGE_SECONDS_MAX,
} from '../../domain/limits.ts'
import { FOREIGN_ALGS, type ForeignAlg } from '../../token/foreign-keys.ts'
import { asTables, type Fields, isTable, readEntries, type TomlFile } from '../../toml.ts'
import type { AgentTemplate, ClaimPatterns, ClaimRule } from './claim-rules.ts'

/**
 * How a token is tied to the nonce of one proof. `nonce`: its claim `nonce` or `eat_nonce` is the
 * nonce. `audience`: its audience is the configured one, `#` and the nonce. `single-use`: it says
 * nothing of the nonce; it counts once, so whoever steals it first could use it.
 */
export type NonceBinding = 'nonce' | 'audience' | 'single-use'

/** Where the keys of an issuer come from: from configuration, never from a token. */
export type KeysPlace =
  | { readonly kind: 'url'; readonly url: string; readonly caFile: string | undefined }
  | { readonly kind: 'file'; readonly path: string }

/** An issuer of workload identity tokens, as the owner configured it. */
export interface TrustedIssuer {
  readonly name: string
  /** `iss`, compared exactly. */
  readonly issuer: string
  readonly keys: KeysPlace
  readonly audience: string
  readonly binding: NonceBinding
  readonly algs: readonly ForeignAlg[]
  /** What a proof is worth; `single-use` never more than `warning`. */
  readonly tier: 'warning' | 'affirming'
  readonly ageSecondsMax: number
  /** One of them has to hold. */
  readonly rules: readonly ClaimRule[]
}

/** Issuers by `iss`, or the sentence that says what is wrong and where. */
export type ReadIssuers =
  | { readonly ok: true; readonly issuers: ReadonlyMap<string, TrustedIssuer> }
  | { readonly ok: false; readonly problem: string }

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const KEYS: readonly string[] = [
  'name',
  'issuer',
  'jwks_url',
  'jwks_file',
  'ca_file',
  'audience',
  'binding',
  'algs',
  'tier',
  'max_age_seconds',
  'rule',
]
const TEMPLATE = /^([A-Za-z0-9._/-]*)(?:\{([^{}]+)\}([A-Za-z0-9._-]*))?$/

/**
 * Reads the issuers of workload identity tokens from TOML: any number of
 *
 * ```toml
 * [[issuer]]
 * name = "github"
 * issuer = "https://token.actions.githubusercontent.com"
 * jwks_url = "https://token.actions.githubusercontent.com/.well-known/jwks"
 * audience = "https://authority.example"
 * binding = "audience"                      # or "nonce", "single-use"
 * algs = ["RS256"]
 * tier = "warning"                          # or "affirming"
 * max_age_seconds = 300
 *
 * [[issuer.rule]]
 * agent = "deployer"                        # or "ci-{repository_owner}"
 * claims = { repository = "acme/app", ref = ["refs/heads/main", "refs/tags/*"] }
 * ```
 *
 * Strict: an unknown key, an issuer used twice, an address that is not https, or a rule without
 * claims is refused with the file and the reason. Touches no disk: the text is handed in.
 */
export function readIssuers(file: TomlFile): ReadIssuers {
  const refused = (problem: string): ReadIssuers => ({ ok: false, problem })
  const read = readEntries(file, 'issuer')
  if (!read.ok) return read
  const issuers = new Map<string, TrustedIssuer>()
  for (const [index, entry] of read.entries.entries()) {
    const place = `${file.name}: issuer ${index + 1}`
    const issuer = isTable(entry) ? readIssuer(entry) : asTables('issuer')
    if (typeof issuer === 'string') return refused(`${place}: ${issuer}`)
    if (issuers.has(issuer.issuer)) return refused(`${place}: ${issuer.issuer} stands twice.`)
    issuers.set(issuer.issuer, issuer)
  }
  return { ok: true, issuers }
}

function readIssuer(fields: Fields): TrustedIssuer | string {
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const { name, issuer, audience, rule: rules } = fields
  if (typeof name !== 'string' || !NAME.test(name)) {
    return 'name has to be 1 to 64 lowercase letters, digits and inner hyphens.'
  }
  if (!isHttpsUrl(issuer)) return 'issuer has to be the https URL that stands in iss.'
  const keys = readKeysPlace(fields)
  if (typeof keys === 'string') return keys
  if (typeof audience !== 'string' || audience === '' || audience.includes('#')) {
    return 'audience has to be the text that tokens for this authority name, without #.'
  }
  const worth = readWorth(fields)
  if (typeof worth === 'string') return worth
  if (!Array.isArray(rules) || rules.length === 0) return 'write at least one [[issuer.rule]].'
  const read: ClaimRule[] = []
  for (const [index, entry] of rules.entries()) {
    const rule = isTable(entry) ? readRule(entry) : 'write rules as [[issuer.rule]].'
    if (typeof rule === 'string') return `rule ${index + 1}: ${rule}`
    read.push(rule)
  }
  return { name, issuer, keys, audience, ...worth, rules: read }
}

/** Where keys come from, or what is wrong with the members that say so. */
export function readKeysPlace({
  jwks_url: url,
  jwks_file: file,
  ca_file: ca,
}: Fields): KeysPlace | string {
  if ((url === undefined) === (file === undefined)) return 'set one of jwks_url and jwks_file.'
  if (ca !== undefined && (typeof ca !== 'string' || ca === '' || url === undefined)) {
    return 'ca_file is a file name, and goes with jwks_url.'
  }
  if (url === undefined) {
    return typeof file === 'string' && file !== ''
      ? { kind: 'file', path: file }
      : 'jwks_file has to be a file name.'
  }
  if (!isHttpsUrl(url)) return 'jwks_url has to be an https URL without user and fragment.'
  return { kind: 'url', url, caFile: typeof ca === 'string' ? ca : undefined }
}

function readWorth(
  fields: Fields,
): Pick<TrustedIssuer, 'binding' | 'algs' | 'tier' | 'ageSecondsMax'> | string {
  const { binding, algs, tier = 'warning' } = fields
  if (binding !== 'nonce' && binding !== 'audience' && binding !== 'single-use') {
    return 'binding has to be "nonce", "audience" or "single-use".'
  }
  const known = readAlgs(algs)
  if (typeof known === 'string') return known
  if (tier !== 'warning' && tier !== 'affirming') return 'tier has to be "warning" or "affirming".'
  if (binding === 'single-use' && tier === 'affirming') {
    return 'a token that is not tied to the nonce (single-use) is never worth "affirming".'
  }
  const age = fields['max_age_seconds'] ?? FOREIGN_TOKEN_AGE_SECONDS_DEFAULT
  const fits = Number.isInteger(age) && Number(age) >= 1
  if (!fits || Number(age) > FOREIGN_TOKEN_AGE_SECONDS_MAX) {
    return `max_age_seconds has to be a whole number from 1 to ${FOREIGN_TOKEN_AGE_SECONDS_MAX}.`
  }
  return { binding, algs: known, tier, ageSecondsMax: Number(age) }
}

/** The algorithms of an issuer, RS256 where it says nothing, or what is wrong with them. */
export function readAlgs(algs: unknown = ['RS256']): readonly ForeignAlg[] | string {
  const known = Array.isArray(algs) ? FOREIGN_ALGS.filter((alg) => algs.includes(alg)) : []
  return Array.isArray(algs) && known.length > 0 && known.length === algs.length
    ? known
    : `algs has to be a list of ${FOREIGN_ALGS.join(', ')}, each once.`
}

function readRule(fields: Fields): ClaimRule | string {
  const unknown = Object.keys(fields).find((key) => key !== 'agent' && key !== 'claims')
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const agent = readTemplate(fields['agent'])
  if (agent === undefined) return 'agent has to be a name, with at most one {claim} in it.'
  const { claims } = fields
  const patterns = isTable(claims) ? readPatterns(claims) : undefined
  if (patterns === undefined) {
    return 'claims has to be a table of patterns, or of lists of them, and not empty.'
  }
  return { agent, claims: patterns }
}

/** `ci-{kubernetes.io/namespace}`: a claim, or a way through tables with `/` between members. */
function readTemplate(value: unknown): AgentTemplate | undefined {
  const match = typeof value === 'string' && value !== '' ? TEMPLATE.exec(value) : null
  if (match === null) return undefined
  const [, before = '', pointer, after = ''] = match
  if (pointer?.split('/').includes('')) return undefined
  return { before, pointer: pointer?.split('/'), after }
}

function readPatterns(table: Fields): ClaimPatterns | undefined {
  const patterns: Record<string, readonly string[] | ClaimPatterns> = {}
  for (const [claim, value] of Object.entries(table)) {
    const read = isTable(value) ? readPatterns(value) : readChoice(value)
    if (read === undefined) return undefined
    patterns[claim] = read
  }
  return Object.keys(patterns).length === 0 ? undefined : patterns
}

function readChoice(value: unknown): readonly string[] | undefined {
  const choice: unknown[] = Array.isArray(value) ? value : [value]
  const texts = choice.filter((entry) => typeof entry === 'string' && entry !== '')
  return texts.length === choice.length && texts.length > 0 ? (texts as string[]) : undefined
}

/** An https URL without user and fragment. */
export function isHttpsUrl(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, username, password, hash } = new URL(value)
  return protocol === 'https:' && username === '' && password === '' && hash === ''
}
