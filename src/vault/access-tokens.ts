import { createHmac, randomBytes } from 'node:crypto'
import type { Credential, TokenEndpoint } from '../domain/credential.ts'
import {
  OAUTH_TOKEN_MARGIN_SECONDS,
  OAUTH_TOKEN_SECONDS_DEFAULT,
  OAUTH_TOKEN_SECONDS_MAX,
  OAUTH_TOKENS_MAX,
} from '../domain/limits.ts'
import type { Json } from '../domain/scope/types.ts'
import { askJson } from './ask-json.ts'
import type { Found, TokenSource, Unavailable } from './credential-vault.ts'
import { Secret, type SecretFields } from './secret.ts'

/** An access token, and until when it is used. */
interface KeptToken {
  readonly token: Secret
  /** Milliseconds of the clock handed in. */
  readonly until: number
}

type Fetched = { readonly ok: true; readonly kept: KeptToken } | Unavailable

/** How token endpoints are reached. */
export interface AccessTokenSettings {
  /** Milliseconds that only go forward. */
  readonly now: () => number
  /** PEM of the authorities token endpoints are trusted by, instead of the public ones. */
  readonly authorities?: string | undefined
  readonly timeoutMs?: number
  /** How many tokens are kept; OAUTH_TOKENS_MAX unless it is lowered. */
  readonly keptMax?: number
}

/**
 * Access tokens by the client credentials grant (RFC 6749 §4.4). A token is kept in memory alone,
 * until shortly before its end; the client secret is opened at each use all the same, so that a
 * vault that is away or a secret that was replaced is noticed at once (LEASH-38). Of many callers
 * one asks and all get the answer. A failure is never kept.
 */
export class AccessTokens implements TokenSource {
  readonly #settings: AccessTokenSettings
  readonly #kept = new Map<string, KeptToken>()
  readonly #asked = new Map<string, Promise<Fetched>>()
  /** So that what names a token in memory says nothing of its client secret. */
  readonly #naming = randomBytes(32)

  constructor(settings: AccessTokenSettings) {
    this.#settings = settings
  }

  async open(credential: Credential, clientSecret: SecretFields): Promise<Found> {
    const { token: endpoint } = credential
    const secret = clientSecret['value']
    if (endpoint === null || secret === undefined) return { ok: false, reason: 'unfit' }
    const name = this.#nameOf(credential, secret)
    const kept = this.#kept.get(name)
    if (kept !== undefined && kept.until > this.#settings.now()) {
      this.#kept.delete(name)
      this.#kept.set(name, kept)
      return { ok: true, fields: { value: kept.token.copy() } }
    }
    const fetched = await (this.#asked.get(name) ?? this.#ask(name, endpoint, secret))
    if (!fetched.ok) return fetched
    return { ok: true, fields: { value: fetched.kept.token.copy() } }
  }

  close(): void {
    for (const name of [...this.#kept.keys()]) this.#forget(name)
  }

  #ask(name: string, endpoint: TokenEndpoint, secret: Secret): Promise<Fetched> {
    const asked = fetchToken(endpoint, secret, this.#settings)
      .then((fetched) => {
        this.#forget(name)
        if (fetched.ok) this.#keep(name, fetched.kept)
        return fetched
      })
      .finally(() => this.#asked.delete(name))
    this.#asked.set(name, asked)
    return asked
  }

  #keep(name: string, kept: KeptToken): void {
    this.#kept.set(name, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > (this.#settings.keptMax ?? OAUTH_TOKENS_MAX) && oldest !== undefined)
      this.#forget(oldest)
  }

  #forget(name: string): void {
    this.#kept.get(name)?.token.drop()
    this.#kept.delete(name)
  }

  #nameOf(credential: Credential, secret: Secret): string {
    const { tenant, name, environment, owner, version, mark } = credential
    const hmac = createHmac('sha256', this.#naming)
    hmac.update(JSON.stringify([tenant, name, environment, owner, version, mark]))
    return secret.use((bytes) => hmac.update(bytes)).digest('base64url')
  }
}

async function fetchToken(
  endpoint: TokenEndpoint,
  secret: Secret,
  settings: AccessTokenSettings,
): Promise<Fetched> {
  const { authorities, timeoutMs } = settings
  const { url, privateNet } = endpoint
  const asked = settings.now()
  const question = questionOf(endpoint, secret)
  const how = { url, privateNet, authorities, timeoutMs, method: 'POST' } as const
  const answer = await askJson({ ...how, ...question })
  if (!answer.ok) return { ok: false, reason: `token_${answer.reason}` }
  if (answer.status !== 200) return { ok: false, reason: `token_status_${answer.status}` }
  return readToken(answer.json, asked)
}

/** RFC 6749 §2.3.1: in the header both halves are form-encoded before they are joined. */
function questionOf(
  endpoint: TokenEndpoint,
  secret: Secret,
): { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer } {
  const { clientId, clientAuth, scope, audience } = endpoint
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scope !== null) form.set('scope', scope)
  if (audience !== null) form.set('audience', audience)
  const text = secret.use((bytes) => bytes.toString('utf8'))
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
  if (clientAuth === 'post') {
    form.set('client_id', clientId)
    form.set('client_secret', text)
  } else {
    const pair = [clientId, text].map((half) => new URLSearchParams({ '': half }).toString())
    const [id = '', password = ''] = pair.map((half) => half.slice(1))
    headers['Authorization'] = `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`
  }
  return { headers, body: Buffer.from(form.toString()) }
}

function readToken(json: Json, asked: number): Fetched {
  const unfit: Fetched = { ok: false, reason: 'token_unfit' }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return unfit
  const {
    access_token: token,
    token_type: type,
    expires_in: said,
  } = json as Partial<Record<string, Json>>
  if (typeof token !== 'string' || token === '') return unfit
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer') return unfit
  const seconds = said === undefined ? OAUTH_TOKEN_SECONDS_DEFAULT : Number(said)
  if (!Number.isFinite(seconds) || seconds <= 0) return unfit
  const used = Math.min(seconds, OAUTH_TOKEN_SECONDS_MAX) - OAUTH_TOKEN_MARGIN_SECONDS
  const until = asked + Math.max(0, used) * 1_000
  return { ok: true, kept: { token: Secret.of(token), until } }
}
