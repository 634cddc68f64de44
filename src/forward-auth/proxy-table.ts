import { type AgentUri, parseAgentUri } from '../domain/ids.ts'
import { splitTarget } from '../domain/scope/target.ts'
import { asTables, isTable, readEntries, type TomlFile } from '../toml.ts'

/**
 * In which headers a proxy tells of the request it asks about. `original`: nginx, `X-Original-*`.
 * `forwarded`: Caddy, `X-Forwarded-*`. `envoy`: method, host and path of the question are those of
 * the request, behind a prefix.
 */
export type HeaderFamily = (typeof FAMILIES)[number]
/**
 * In which header a proxy tells the certificate of its client. `client-cert`: RFC 9440.
 * `escaped-pem`: nginx's `$ssl_client_escaped_cert`. `xfcc`: Envoy's `x-forwarded-client-cert`.
 */
export type CertificateForm = (typeof FORMS)[number]

/** One proxy that may ask, and the sites it stands before. */
export interface AskingProxy {
  /** The enforcement point that its own certificate names. */
  readonly agent: AgentUri
  readonly headers: HeaderFamily
  readonly certificate: CertificateForm
  /** Audience of the tokens by origin (scheme, host and port as scopes name them). */
  readonly sites: ReadonlyMap<string, string>
}

/** Proxies by their agent URI. */
export type ProxyTable = ReadonlyMap<AgentUri, AskingProxy>

/** A table, or the sentence that says what is wrong and where. */
export type ReadProxies =
  | { readonly ok: true; readonly proxies: ProxyTable }
  | { readonly ok: false; readonly problem: string }

const FAMILIES = ['original', 'forwarded', 'envoy'] as const
const FORMS = ['client-cert', 'escaped-pem', 'xfcc'] as const
const KEYS: readonly string[] = ['agent', 'headers', 'certificate', 'sites']
const RESOURCE = /^[a-zA-Z][a-zA-Z0-9+.-]*:[\x21\x23-\x5b\x5d-\x7e]{1,1000}$/

/**
 * Reads the proxies of forward-auth from TOML: any number of
 *
 * ```toml
 * [[proxy]]
 * agent = "spiffe://acme.example/gateway/edge"  # its certificate on the agents listener
 * headers = "original"                          # or "forwarded", "envoy"
 * certificate = "escaped-pem"                   # or "client-cert", "xfcc"
 * [proxy.sites]
 * "https://reports.example" = "https://reports.example/"   # origin = audience of its tokens
 * ```
 *
 * Strict: an unknown key, a proxy named twice, one without sites, and an origin that is not in its
 * one canonical spelling are refused with the file and the reason. Touches no disk.
 */
export function readProxyTable(file: TomlFile): ReadProxies {
  const refused = (problem: string): ReadProxies => ({ ok: false, problem })
  const read = readEntries(file, 'proxy')
  if (!read.ok) return read
  const proxies = new Map<AgentUri, AskingProxy>()
  for (const [index, entry] of read.entries.entries()) {
    const place = `${file.name}: proxy ${index + 1}`
    const proxy = readProxy(entry)
    if (typeof proxy === 'string') return refused(`${place}: ${proxy}`)
    if (proxies.has(proxy.agent)) return refused(`${place}: ${proxy.agent} is there twice.`)
    proxies.set(proxy.agent, proxy)
  }
  return { ok: true, proxies }
}

function readProxy(fields: unknown): AskingProxy | string {
  if (!isTable(fields)) return asTables('proxy')
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) return `there is no key ${unknown}.`
  const agent = typeof fields['agent'] === 'string' ? parseAgentUri(fields['agent']) : undefined
  if (agent === undefined) return 'agent has to be the SPIFFE id of an enforcement point.'
  const headers = FAMILIES.find((word) => word === fields['headers'])
  if (headers === undefined) return `headers has to be one of ${FAMILIES.join(', ')}.`
  const certificate = FORMS.find((word) => word === fields['certificate'])
  if (certificate === undefined) return `certificate has to be one of ${FORMS.join(', ')}.`
  const sites = readSites(fields['sites'])
  return typeof sites === 'string' ? sites : { agent, headers, certificate, sites }
}

function readSites(value: unknown): ReadonlyMap<string, string> | string {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (entries.length === 0) return 'sites has to name at least one origin and its audience.'
  const sites = new Map<string, string>()
  for (const [origin, resource] of entries) {
    const parts = splitTarget(`${origin}/`)
    if (!parts.ok || originOf(parts.value) !== origin) {
      return `${origin} has to be scheme, host and port alone, in their canonical spelling.`
    }
    if (typeof resource !== 'string' || !RESOURCE.test(resource)) {
      return `the audience of ${origin} has to be an absolute URI.`
    }
    sites.set(origin, resource)
  }
  return sites
}

/** Scheme, host and port in their one spelling: without the port the scheme has by itself. */
export function originOf(target: {
  readonly scheme: 'https' | 'http'
  readonly host: string
  readonly port: number
}): string {
  const { scheme, host, port } = target
  const usual = scheme === 'https' ? 443 : 80
  return `${scheme}://${host}${port === usual ? '' : `:${port}`}`
}
