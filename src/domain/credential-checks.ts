import {
  CREDENTIAL_BACKENDS,
  CREDENTIAL_KINDS,
  type Credential,
  type CredentialKind,
  type Placement,
  type TokenEndpoint,
} from './credential.ts'
import { CREDENTIAL_FIELDS_MAX, CREDENTIAL_ORIGINS_MAX } from './limits.ts'
import { isHost } from './scope/host.ts'
import { malformed, type Parsed, parsed } from './scope/parsed.ts'
import { CREDENTIAL_CATEGORIES } from './terms.ts'

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}(?:\/[a-z0-9][a-z0-9._-]{0,63}){0,3}$/
const ENVIRONMENT = /^[a-z0-9][a-z0-9._-]{0,63}$/
const FIELD = /^[a-z][a-z0-9_]{0,31}$/
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/
const VISIBLE = /^[\x21-\x7e]+$/
const PRINTABLE = /^[\x20-\x7e]*$/
const REFERENCE =
  /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}){0,7}$/
const URL_PATH = /^(?:\/[A-Za-z0-9._~-]+)+\/?$/
const PREFIX_CHARACTERS_MAX = 64
const PLACEHOLDER_CHARACTERS = { min: 8, max: 128 }

/** Headers that frame a message or name its place: a secret in one would be a smuggled request. */
const FRAMING = new Set([
  ...['connection', 'content-length', 'content-type', 'content-encoding', 'expect', 'host'],
  ...['keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'forwarded'],
])
/** Headers that do not go out with a secret, or not as they were: see `injectSecret`. */
const REWRITTEN = new Set([
  ...['accept-charset', 'accept-encoding', 'if-range', 'range', 'content-digest', 'repr-digest'],
  ...['x-request-id', 'traceparent', 'tracestate'],
])

/** `github` or `payments/stripe`: one to four lowercase segments. */
export function isCredentialName(text: string): boolean {
  return NAME.test(text)
}

/** `production`, `staging`: one lowercase word. */
export function isEnvironment(text: string): boolean {
  return ENVIRONMENT.test(text)
}

/** The name of a part of a credential. */
export function isFieldName(text: string): boolean {
  return FIELD.test(text)
}

/**
 * An origin in its one spelling: `https://api.github.com`, `http://10.0.0.7:8080`, without default
 * port, path or user (RFC 6454 §6.2). Hosts are those a scope can name.
 */
export function isOrigin(text: string): boolean {
  const match = /^(https?):\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?$/.exec(text)
  const [, scheme, host = '', port] = match ?? []
  if (match === null || !isHost(host)) return false
  if (port === undefined) return true
  return Number(port) <= 65_535 && port !== (scheme === 'https' ? '443' : '80')
}

/** The origin of a URL that `isTokenUrl` accepts. */
export function originOf(url: string): string {
  return url.slice(0, url.indexOf('/', 'https://'.length))
}

function isTokenUrl(url: string): boolean {
  const slash = url.indexOf('/', 'https://'.length)
  if (slash < 0) return false
  const path = url.slice(slash)
  const dotted = path.split('/').some((step) => step === '.' || step === '..')
  return isOrigin(originOf(url)) && URL_PATH.test(path) && !dotted
}

/** What an owner says of a credential, before it is checked. */
export type CredentialTerms = Pick<
  Credential,
  'name' | 'environment' | 'kind' | 'category' | 'origins' | 'token' | 'backend'
> & {
  /** Undefined: the usual one of its kind. */
  readonly placement: Placement | undefined
}

/** What was checked: the placement is decided. */
export type CheckedTerms = Omit<CredentialTerms, 'placement'> & { readonly placement: Placement }

/** Checks what an owner says of a credential, and completes its placement. */
export function checkCredential(terms: CredentialTerms): Parsed<CheckedTerms> {
  const { name, environment, kind, category, origins, token, backend } = terms
  if (!isCredentialName(name)) {
    return malformed('/name', 'A name is one to four lowercase segments, such as payments/stripe.')
  }
  if (!isEnvironment(environment)) {
    return malformed('/environment', 'An environment is one lowercase word, such as staging.')
  }
  if (!CREDENTIAL_KINDS.includes(kind)) return malformed('/kind', 'There is no such kind.')
  if (!CREDENTIAL_CATEGORIES.includes(category)) {
    return malformed('/category', 'There is no such category.')
  }
  if (!CREDENTIAL_BACKENDS.includes(backend)) return malformed('/backend', 'No such backend.')
  const placement = terms.placement ?? usualPlacement(kind)
  if (placement === undefined) {
    return malformed('/placement', `A credential of kind ${kind} has to say where it goes.`)
  }
  const placed = checkPlacement(kind, placement)
  if (!placed.ok) return placed
  const sent = checkOrigins(origins, placement)
  if (!sent.ok) return sent
  const issuer = checkTokenEndpoint(kind, token)
  if (!issuer.ok) return issuer
  return parsed({ name, environment, kind, category, origins, token, backend, placement })
}

/** Where a secret of this kind usually goes; undefined when only its owner can know. */
function usualPlacement(kind: CredentialKind): Placement | undefined {
  switch (kind) {
    case 'api_key':
      return { in: 'header', name: 'x-api-key', prefix: '' }
    case 'header':
      return { in: 'header', name: 'authorization', prefix: '' }
    case 'bearer':
    case 'oauth_client':
      return { in: 'bearer' }
    case 'basic':
    case 'query':
      return undefined
    case 'connection_string':
    case 'custom':
      return { in: 'none' }
  }
}

/** The placements a kind can have; one that is not here would put it where it does not belong. */
const PLACEMENTS: Readonly<Record<CredentialKind, readonly Placement['in'][]>> = {
  api_key: ['header', 'bearer', 'basic', 'query', 'placeholder'],
  bearer: ['bearer', 'placeholder'],
  basic: ['basic'],
  header: ['header'],
  query: ['query'],
  oauth_client: ['bearer', 'header'],
  connection_string: ['none'],
  custom: ['header', 'bearer', 'basic', 'query', 'placeholder', 'none'],
}

function checkPlacement(kind: CredentialKind, placement: Placement): Parsed<void> {
  if (!PLACEMENTS[kind].includes(placement.in)) {
    return malformed('/placement', `A credential of kind ${kind} can not go there.`)
  }
  switch (placement.in) {
    case 'header': {
      const { name, prefix } = placement
      const lower = name.toLowerCase()
      const isOurs = FRAMING.has(lower) || REWRITTEN.has(lower) || lower.startsWith('writ-')
      if (!TOKEN.test(name) || isOurs || lower.startsWith('proxy-')) {
        return malformed('/placement/name', 'No secret can go into a header of this name.')
      }
      const fits = PRINTABLE.test(prefix) && prefix.length <= PREFIX_CHARACTERS_MAX
      return fits ? parsed(undefined) : malformed('/placement/prefix', 'Printable ASCII.')
    }
    case 'basic': {
      const { username } = placement
      // RFC 7617 §2: a user id has no colon, or the password would begin at it.
      const fits = PRINTABLE.test(username) && !username.includes(':') && username.length <= 255
      return fits ? parsed(undefined) : malformed('/placement/username', 'ASCII without a colon.')
    }
    case 'query':
      return TOKEN.test(placement.name)
        ? parsed(undefined)
        : malformed('/placement/name', 'A parameter is named in letters, digits and marks.')
    case 'placeholder': {
      const { length } = placement.text
      const { min, max } = PLACEHOLDER_CHARACTERS
      return VISIBLE.test(placement.text) && length >= min && length <= max
        ? parsed(undefined)
        : malformed('/placement/text', `${min} to ${max} visible characters of ASCII.`)
    }
    default:
      return parsed(undefined)
  }
}

/** Origins of a change: sound, each once, and at least one where a secret is placed. */
export function checkOrigins(origins: readonly string[], placement: Placement): Parsed<void> {
  const wrong = origins.findIndex((origin) => !isOrigin(origin))
  if (wrong >= 0) {
    return malformed(`/origins/${wrong}`, 'An origin is scheme, host and port in one spelling.')
  }
  if (new Set(origins).size !== origins.length || origins.length > CREDENTIAL_ORIGINS_MAX) {
    return malformed('/origins', `At most ${CREDENTIAL_ORIGINS_MAX}, each once.`)
  }
  if (placement.in === 'none' || origins.length > 0) return parsed(undefined)
  return malformed('/origins', 'Name the origins it may be sent to; none means nowhere.')
}

function checkTokenEndpoint(kind: CredentialKind, token: TokenEndpoint | null): Parsed<void> {
  if (kind !== 'oauth_client') {
    return token === null
      ? parsed(undefined)
      : malformed('/token', 'Only a credential of kind oauth_client has a token endpoint.')
  }
  if (token === null) return malformed('/token', 'Say where its access tokens come from.')
  const { url, clientId, scope, audience, privateNet } = token
  if (!isTokenUrl(url)) return malformed('/token/url', 'A URL with a path, in one spelling.')
  if (url.startsWith('http://') && !privateNet) {
    return malformed('/token/url', 'Only an endpoint in a private network may go without TLS.')
  }
  if (!VISIBLE.test(clientId) || clientId.length > 255) {
    return malformed('/token/client_id', 'Visible characters of ASCII.')
  }
  const words = [scope, audience].every((text) => text === null || isWords(text))
  return words ? parsed(undefined) : malformed('/token', 'scope and audience are printable ASCII.')
}

function isWords(text: string): boolean {
  return text !== '' && PRINTABLE.test(text) && text.length <= 1_024
}

/** What names a secret in another backend: `path`, or `path#part`. */
export function isReference(text: string): boolean {
  const [path = '', part, ...more] = text.split('#')
  if (more.length > 0 || !REFERENCE.test(path)) return false
  return part === undefined || FIELD.test(part) || /^[A-Za-z0-9_-]{1,64}$/.test(part)
}

/**
 * Whether parts of these names make a credential of a kind: `value` alone, or for `custom` any few
 * of which one is `value` when it is placed in requests.
 */
export function hasFields(
  credential: Pick<Credential, 'kind' | 'placement'>,
  names: readonly string[],
): boolean {
  const { kind, placement } = credential
  if (kind !== 'custom') return names.length === 1 && names[0] === 'value'
  const count = names.length >= 1 && names.length <= CREDENTIAL_FIELDS_MAX
  return count && names.every(isFieldName) && (placement.in === 'none' || names.includes('value'))
}
