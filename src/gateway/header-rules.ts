/**
 * Which headers pass the gateway. Both directions are allow-lists; the never-lists win over
 * whatever a route adds.
 */
export interface HeaderRules {
  /** Whether a request header (lowercase name) goes on to the upstream. */
  passesUp(name: string): boolean
  /** Whether a response header (lowercase name) goes back to the agent. */
  passesDown(name: string): boolean
}

const UP: ReadonlySet<string> = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'date',
  'idempotency-key',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'pragma',
  'prefer',
  'range',
  'repr-digest',
  'traceparent',
  'tracestate',
  'user-agent',
])

const DOWN: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'allow',
  'cache-control',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'mcp-protocol-version',
  'mcp-session-id',
  'preference-applied',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'repr-digest',
  'retry-after',
  'server',
  'server-timing',
  'sunset',
  'vary',
  'warning',
])

/** Framing, hop-by-hop (RFC 9110 §7.6.1), credentials, and words that speak for somebody else. */
const NEVER: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'cookie2',
  'dpop',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'true-client-ip',
  'txn-token',
  'upgrade',
  'via',
  'www-authenticate',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
])
const NEVER_PREFIXES: readonly string[] = [
  'client-cert',
  'proxy-',
  'ssl-client',
  'writ-',
  'x-cdp-',
  'x-client-cert',
  'x-forwarded-',
  'x-original-',
  'x-ssl-',
]
const ADDED = /^[a-z0-9][a-z0-9-]*\*?$/

/** Whether a header never passes in either direction, whatever a route says. */
function isNever(name: string): boolean {
  return NEVER.has(name) || NEVER_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/**
 * The rules of one route: the usual headers and those it names, lowercase, the last character may
 * be `*`. Answers the reason when `added` is not such a list or names a header that never passes.
 */
export function headerRules(added: unknown): HeaderRules | string {
  if (!Array.isArray(added)) return 'headers has to be a list of names.'
  const names = new Set<string>()
  const prefixes: string[] = []
  for (const entry of added) {
    if (typeof entry !== 'string' || !ADDED.test(entry)) {
      return 'headers has to be a list of lowercase names; only the last character may be *.'
    }
    if (isNever(entry)) return `the header ${entry} never passes the gateway.`
    if (entry.endsWith('*')) prefixes.push(entry.slice(0, -1))
    else names.add(entry)
  }
  const isAdded = (name: string) =>
    (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) && !isNever(name)
  return {
    passesUp: (name) => UP.has(name) || isAdded(name),
    passesDown: (name) => DOWN.has(name) || isAdded(name),
  }
}
