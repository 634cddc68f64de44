/** What one event of the log is about: its level, when it is told, and what it says beside it. */
interface LogEventEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly when: string
  /** Names of the facts; `fault`, `code` and `at` of a fault are added by the log itself. */
  readonly facts: readonly string[]
}

/** Every event there is, in one closed table: a line of the log begins with one of these words. */
export const LOG_EVENTS = {
  'http.request': {
    level: 'info',
    when: 'every answer of the API; `warn` from status 500. What a refusal knows stands beside',
    facts: [
      ...(['request_id', 'trace_id', 'carries', 'listener', 'method', 'route', 'status'] as const),
      ...(['refusal', 'actor', 'ms'] as const),
    ],
  },
  'http.fault': {
    level: 'error',
    when: 'something broke under a request',
    facts: ['request_id', 'route'],
  },
  'http.late_fault': {
    level: 'error',
    when: 'something broke under a request that was answered when its deadline passed',
    facts: ['request_id'],
  },
  'gateway.call': {
    level: 'info',
    when: 'every call at its end',
    facts: ['request_id', 'trace_id', 'route', 'peer', 'result', 'status', 'ms'],
  },
  'gateway.admission': {
    level: 'error',
    when: 'admission could not know the state; the caller got `status_unknown`',
    facts: ['request_id'],
  },
  'gateway.receipt': {
    level: 'error',
    when: 'a receipt could not be signed; the call went on',
    facts: ['request_id'],
  },
  'gateway.settlement': {
    level: 'warn',
    when: 'a call could not be settled; its reservation stands. `error` where it was a fault',
    facts: ['request_id', 'jti', 'refusal'],
  },
  'gateway.fault': {
    level: 'error',
    when: 'a call broke in the gateway or at the upstream',
    facts: ['request_id', 'route'],
  },
  'gateway.feed': {
    level: 'error',
    when: 'a connection to the feed of revocations ended; it is opened again',
    facts: [],
  },
  'gateway.keys': {
    level: 'error',
    when: "the authority's published keys could not be fetched",
    facts: [],
  },
  'gateway.certificate': {
    level: 'error',
    when: "the gateway's own certificate could not be renewed or kept",
    facts: [],
  },
  'gateway.pin': {
    level: 'error',
    when: 'what a tree is pinned to could not be known or told',
    facts: ['host'],
  },
  'gateway.pin_unanswered': {
    level: 'warn',
    when: 'the addresses a tree is pinned to are silent, and the name has others',
    facts: ['root', 'host'],
  },
  'mcp.fault': {
    level: 'error',
    when: 'something broke under a tool of MCP',
    facts: ['request_id'],
  },
  'mcp.late_fault': {
    level: 'error',
    when: 'something broke under a tool of MCP that was answered when its deadline passed',
    facts: ['request_id'],
  },
  'mcp.rejected': {
    level: 'debug',
    when: 'a message that is none of MCP, or of a revision that is not served',
    facts: ['request_id', 'error'],
  },
  'crp.event': {
    level: 'info',
    when: 'one call of a method of CRP, by the names CRP has for events',
    facts: ['crp_event', 'consumer', 'service', 'lease', 'outcome', 'request_id'],
  },
  'cdp.fault': {
    level: 'error',
    when: 'something broke under a request of CDP',
    facts: ['request_id'],
  },
  'connector.request': {
    level: 'info',
    when: 'each request that a connector passed on, in its own log',
    facts: ['method', 'tool', 'outcome', 'request_id', 'ms'],
  },
  'connector.renewed': {
    level: 'info',
    when: 'a connector has a new key and certificate',
    facts: [],
  },
  'connector.refused': {
    level: 'warn',
    when: 'a heartbeat was refused; the connector ends if the word says so',
    facts: ['refusal', 'request_id'],
  },
  'connector.unreached': {
    level: 'error',
    when: 'a heartbeat had no answer, or a certificate could not be renewed',
    facts: [],
  },
  'attestation.issuer_away': {
    level: 'error',
    when: 'the keys of an issuer could not be had; proofs with its tokens are refused',
    facts: ['issuer'],
  },
  'trust.unreadable': {
    level: 'error',
    when: 'a bundle of another trust domain could not be read again; what was read before stays',
    facts: [],
  },
  'policy.loaded': {
    level: 'info',
    when: 'another policy set is in force',
    facts: ['version', 'rules'],
  },
  'policy.refused': {
    level: 'warn',
    when: 'a set of policies has a problem; the set before it stays in force',
    facts: ['problem'],
  },
  'policy.passed_over': {
    level: 'warn',
    when: 'the folder of policies has files or folders that are not read, beside hidden ones',
    facts: ['count', 'names'],
  },
  'alert.raised': {
    level: 'info',
    when: 'an alert was raised; the process that tells its receivers says so',
    facts: ['alert', 'kind', 'severity'],
  },
  'webhook.given_up': {
    level: 'warn',
    when: 'a receiver could not be told of an alert, and is not tried again',
    facts: ['webhook'],
  },
  'webhook.failed': {
    level: 'error',
    when: 'the deliveries of alerts could not be read or settled',
    facts: [],
  },
  'census.failed': {
    level: 'error',
    when: 'live leases and who waits for people could not be counted; it is tried again',
    facts: [],
  },
  'watch.failed': {
    level: 'error',
    when: 'the audit trail could not be watched; it goes on where it stopped',
    facts: [],
  },
  'feed.failed': {
    level: 'error',
    when: 'the revocation feed could not read the store; its readers grow stale until it can',
    facts: [],
  },
  'vault.failed': {
    level: 'error',
    when: 'a backend of credentials broke; the credential was unavailable',
    facts: [],
  },
  'store.failed': {
    level: 'error',
    when: 'a checkpoint, a listener or a poll failed',
    facts: [],
  },
  'ledger.failed': {
    level: 'error',
    when: 'a ledger of a detached route could not note the time or sweep',
    facts: [],
  },
} as const satisfies Readonly<Record<string, LogEventEntry>>

/** A word of the closed table. */
export type LogEvent = keyof typeof LOG_EVENTS

/** The facts of one event, each of which may be left out. */
export type FactsOf<Event extends LogEvent, Fact> = {
  readonly [Name in (typeof LOG_EVENTS)[Event]['facts'][number]]?: Fact
}
