import { type AgentUri, parseAgentUri } from '../../domain/ids.ts'
import { ASSERTION_CLIENTS_MAX, ASSERTION_ISSUERS_MAX } from '../../domain/limits.ts'
import type { ForeignAlg } from '../../token/foreign-keys.ts'
import { asTables, type Fields, isTable, readEntries, type TomlFile } from '../../toml.ts'
import { isHttpsUrl, type KeysPlace, readAlgs, readKeysPlace } from '../oidc/issuers.ts'

/** Whose word for a person is taken, as the owner of the authority configured it. */
export interface AssertionIssuer {
  readonly name: string
  /** `iss`, compared exactly; without `#`, so that `<issuer>#<sub>` names one person. */
  readonly issuer: string
  readonly keys: KeysPlace
  readonly algs: readonly ForeignAlg[]
  /** Its names of our agents; a `client_id` that stands here is nobody else's. */
  readonly clients: ReadonlyMap<string, AgentUri>
}

/** Issuers by `iss`, or the sentence that says what is wrong and where. */
export type ReadAssertionIssuers =
  | { readonly ok: true; readonly issuers: ReadonlyMap<string, AssertionIssuer> }
  | { readonly ok: false; readonly problem: string }

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const KEYS: readonly string[] = [
  'name',
  'issuer',
  'jwks_url',
  'jwks_file',
  'ca_file',
  'algs',
  'clients',
]
/** Leaves 127 characters of a principal for `sub`. */
const ISSUER_CHARACTERS_MAX = 127

/**
 * Reads whose word for a person is taken, from TOML: any number of
 *
 * ```toml
 * [[issuer]]
 * name = "acme"
 * issuer = "https://id.acme.example"
 * jwks_url = "https://id.acme.example/keys"  # or jwks_file
 * algs = ["RS256"]
 * clients = { "0oa1b2c3" = "planner" }       # its client_id of an agent
 * ```
 *
 * Strict: an unknown key, an issuer used twice, an address that is not https or a name that is no
 * agent's is refused with the file and the reason. Touches no disk.
 */
export function readAssertionIssuers(file: TomlFile, trustDomain: string): ReadAssertionIssuers {
  const refused = (problem: string): ReadAssertionIssuers => ({ ok: false, problem })
  const read = readEntries(file, 'issuer')
  if (!read.ok) return read
  const { entries } = read
  if (entries.length > ASSERTION_ISSUERS_MAX) {
    return refused(`${file.name}: at most ${ASSERTION_ISSUERS_MAX} issuers.`)
  }
  const issuers = new Map<string, AssertionIssuer>()
  for (const [index, entry] of entries.entries()) {
    const place = `${file.name}: issuer ${index + 1}`
    const issuer = isTable(entry) ? readIssuer(entry, trustDomain) : asTables('issuer')
    if (typeof issuer === 'string') return refused(`${place}: ${issuer}`)
    if (issuers.has(issuer.issuer)) return refused(`${place}: ${issuer.issuer} stands twice.`)
    issuers.set(issuer.issuer, issuer)
  }
  return { ok: true, issuers }
}

function readIssuer(fields: Fields, trustDomain: string): AssertionIssuer | string {
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const { name, issuer } = fields
  if (typeof name !== 'string' || !NAME.test(name)) {
    return 'name has to be 1 to 64 lowercase letters, digits and inner hyphens.'
  }
  const fits = isHttpsUrl(issuer) && issuer.length <= ISSUER_CHARACTERS_MAX
  if (!fits || !/^[\x21\x22\x24-\x7e]+$/.test(issuer)) {
    const most = ISSUER_CHARACTERS_MAX
    return `issuer has to be the https URL that stands in iss, of at most ${most} characters.`
  }
  const keys = readKeysPlace(fields)
  if (typeof keys === 'string') return keys
  const algs = readAlgs(fields['algs'])
  if (typeof algs === 'string') return algs
  const clients = readClients(fields['clients'] ?? {}, trustDomain)
  return typeof clients === 'string' ? clients : { name, issuer, keys, algs, clients }
}

function readClients(value: unknown, trustDomain: string): ReadonlyMap<string, AgentUri> | string {
  const sentence = 'clients has to be a table of agent names or ids by client_id.'
  if (!isTable(value)) return sentence
  const entries = Object.entries(value)
  if (entries.length > ASSERTION_CLIENTS_MAX) return `at most ${ASSERTION_CLIENTS_MAX} clients.`
  const clients = new Map<string, AgentUri>()
  for (const [client, agent] of entries) {
    if (typeof agent !== 'string' || client === '') return sentence
    const whole = agent.startsWith('spiffe://') ? agent : `spiffe://${trustDomain}/agent/${agent}`
    const uri = parseAgentUri(whole)
    if (uri === undefined) return sentence
    clients.set(client, uri)
  }
  return clients
}
