import { isIP } from 'node:net'
import { METHOD_OVERRIDES, overridesMethod } from '../admission/method-override.ts'
import { TARGET_CHARACTERS_MAX } from '../domain/limits.ts'
import { refuse } from '../domain/refusal.ts'
import { REFUSED_METHODS } from '../domain/refused-methods.ts'
import { accept, type Result } from '../domain/result.ts'
import { splitTarget } from '../domain/scope/target.ts'
import { type HeaderFamily, originOf } from './proxy-table.ts'
import type { Question } from './question.ts'

/** The request a proxy asks about. */
export interface OriginalRequest {
  readonly method: string
  /** Canonical: `https://reports.example`. */
  readonly origin: string
  /** Path and query exactly as the client sent them. */
  readonly uri: string
  /** Where it came from, when the proxy says so. */
  readonly address?: string
}

/** Below this address the rest of the path is that of the request (Envoy's `path_prefix`). */
export const ENVOY_PREFIX = '/authz/envoy'

const ORIGINAL = ['x-original-method', 'x-original-uri', 'x-original-host', 'x-original-proto']
const FORWARDED = ['x-forwarded-method', 'x-forwarded-uri', 'x-forwarded-host', 'x-forwarded-proto']
/** Headers that say what was asked for in words that no family here has. */
const STRANGE = ['x-original-url', 'x-rewrite-url', 'x-original-scheme', 'upgrade']
/** A body is not judged here, so none is to be sent; the router takes those of GET for none. */
const FRAMING = 'transfer-encoding'
const TELLING = [...ORIGINAL, ...FORWARDED, ...STRANGE, ...METHOD_OVERRIDES, FRAMING]

/** Method, URI, host and scheme: headers, or what the question itself has. */
const FAMILIES: Readonly<Record<HeaderFamily, readonly string[]>> = {
  original: ORIGINAL,
  forwarded: FORWARDED,
  envoy: ['x-forwarded-proto'],
}
const ADDRESSES: Readonly<Record<HeaderFamily, string>> = {
  original: 'x-real-ip',
  forwarded: 'x-forwarded-for',
  envoy: 'x-forwarded-for',
}
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/

/**
 * Reads what is asked about from the headers of one family. Each has to be there once. A header of
 * another family, one that overrides the method, a body, and an upgrade (one token would open what
 * nothing here can cut) are refused `malformed`, so that no two readers can take the question
 * differently, and so is `Writ_Agent`, which an upstream behind CGI takes for `Writ-Agent`. Whether
 * the URI is canonical is for the scope to judge.
 */
export function readOriginalRequest(
  question: Question,
  family: HeaderFamily,
): Result<OriginalRequest> {
  const own = FAMILIES[family]
  const other = TELLING.find((name) => !own.includes(name) && question.headers.has(name))
  if (other !== undefined) return refuse('malformed', { header: other })
  if ([...question.headers.keys()].some(isDisguised)) {
    return refuse('malformed', { header: 'underscore' })
  }
  const length = question.headers.get('content-length') ?? ['0']
  if (length.join() !== '0') return refuse('malformed', { header: 'content-length' })
  const twice = own.find((name) => question.headers.get(name)?.length !== 1)
  if (twice !== undefined) return refuse('malformed', { header: twice, times: 'not once' })
  const [method = '', uri = '', host = '', scheme = ''] = wordsOf(question, family)
  if (!METHOD.test(method)) return refuse('malformed', { method: 'not a token' })
  if (REFUSED_METHODS.has(method)) return refuse('method_not_allowed', { method })
  if (uri.length > TARGET_CHARACTERS_MAX) return refuse('too_large', { target: uri.length })
  if (!uri.startsWith('/')) return refuse('malformed', { target: 'not in origin form' })
  const query = uri.indexOf('?')
  if (query !== -1 && overridesMethod(uri.slice(query + 1))) {
    return refuse('malformed', { target: '_method in the query' })
  }
  const place = splitTarget(`${scheme}://${host}/`)
  if (!place.ok || place.value.path !== '/' || place.value.query !== undefined) {
    return refuse('malformed', { host: 'not a host' })
  }
  const address = addressOf(question, family)
  if (!address.ok) return address
  const from = address.value === undefined ? {} : { address: address.value }
  return accept({ method, uri, origin: originOf(place.value), ...from })
}

function wordsOf({ method, url, headers }: Question, family: HeaderFamily): readonly string[] {
  const told = FAMILIES[family].map((name) => headers.get(name)?.[0] ?? '')
  if (family !== 'envoy') return told
  const behind = url.startsWith(ENVOY_PREFIX) ? url.slice(ENVOY_PREFIX.length) : ''
  const hosts = headers.get('host') ?? []
  return [method, behind, hosts.length === 1 ? (hosts[0] ?? '') : '', ...told]
}

/** One address or none: a list may begin with whatever the client wrote. */
function addressOf({ headers }: Question, family: HeaderFamily): Result<string | undefined> {
  const name = ADDRESSES[family]
  const [value, ...more] = headers.get(name) ?? []
  if (value === undefined) return accept(undefined)
  if (more.length > 0 || isIP(value) === 0) return refuse('malformed', { header: name })
  return accept(value)
}

/** A name that CGI takes for one that a proxy, or we, speak (RFC 3875 §4.1.18). */
function isDisguised(name: string): boolean {
  if (!name.includes('_')) return false
  const plain = name.replaceAll('_', '-')
  return plain.startsWith('writ-') || plain === 'x-request-id' || TELLING.includes(plain)
}
