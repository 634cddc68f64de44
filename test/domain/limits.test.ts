import { describe, expect, it } from 'vitest'
import * as limits from '../../src/domain/limits.ts'

const L = limits

describe('limits are whole numbers above zero', () => {
  it.each(Object.entries(limits))('%s', (_name, value) => {
    expect(Number.isSafeInteger(value)).toBe(true)
    expect(value).toBeGreaterThan(0)
  })
})

describe('limits keep to the protocol', () => {
  it.each([
    ['TOKEN_TTL_SECONDS_DEFAULT', L.TOKEN_TTL_SECONDS_DEFAULT, 60],
    ['TOKEN_TTL_SECONDS_MAX', L.TOKEN_TTL_SECONDS_MAX, 300],
    ['CLOCK_SKEW_SECONDS', L.CLOCK_SKEW_SECONDS, 30],
    ['TOKEN_BYTES_MAX', L.TOKEN_BYTES_MAX, 8_192],
    ['LEASE_TTL_SECONDS_DEFAULT', L.LEASE_TTL_SECONDS_DEFAULT, 600],
    ['LEASE_CUMULATIVE_SECONDS_MAX', L.LEASE_CUMULATIVE_SECONDS_MAX, 14_400],
    ['LEASE_RENEWALS_MAX', L.LEASE_RENEWALS_MAX, 3],
    ['LEASE_DEPTH_MAX', L.LEASE_DEPTH_MAX, 16],
    ['MINT_BATCH_MAX', L.MINT_BATCH_MAX, 64],
    ['SETTLE_BATCH_MAX', L.SETTLE_BATCH_MAX, 64],
    ['JUDGED_ROUNDS_MAX', L.JUDGED_ROUNDS_MAX, 3],
    ['KEY_OVERLAP_SECONDS', L.KEY_OVERLAP_SECONDS, 330],
    ['REVOCATION_MATTERS_SECONDS', L.REVOCATION_MATTERS_SECONDS, 330],
    ['REVOCATION_LOG_SECONDS', L.REVOCATION_LOG_SECONDS, 86_400],
    ['CONTRACT_MOVE_SECONDS', L.CONTRACT_MOVE_SECONDS, 5],
  ])('%s', (_name, value, expected) => {
    expect(value).toBe(expected)
  })

  it.each([
    ['TOKEN_BYTES_MAX', L.TOKEN_BYTES_MAX, 8_192],
    ['SCOPE_BYTES_MAX', L.SCOPE_BYTES_MAX, 5_120],
    ['BODY_BYTES_MAX', L.BODY_BYTES_MAX, 65_536],
    ['CSR_BYTES_MAX', L.CSR_BYTES_MAX, 8_192],
    ['JUDGED_BODY_BYTES_MAX', L.JUDGED_BODY_BYTES_MAX, 1_048_576],
    ['TARGET_CHARACTERS_MAX', L.TARGET_CHARACTERS_MAX, 8_192],
    ['AGENT_CERTIFICATE_SECONDS', L.AGENT_CERTIFICATE_SECONDS, 86_400],
    ['SERVER_CERTIFICATE_SECONDS', L.SERVER_CERTIFICATE_SECONDS, 7_776_000],
    ['ROOT_CERTIFICATE_SECONDS', L.ROOT_CERTIFICATE_SECONDS, 315_360_000],
    ['IDEMPOTENCY_SECONDS', L.IDEMPOTENCY_SECONDS, 86_400],
  ])('%s is written out right', (_name, value, expected) => {
    expect(value).toBe(expected)
  })
})

describe('limits fit each other', () => {
  it.each([
    [
      'a default token is no longer than the longest',
      'TOKEN_TTL_SECONDS_DEFAULT',
      'TOKEN_TTL_SECONDS_MAX',
    ],
    [
      'a default lease outlives a default token',
      'TOKEN_TTL_SECONDS_DEFAULT',
      'LEASE_TTL_SECONDS_DEFAULT',
    ],
    [
      'a default lease fits the cumulative life',
      'LEASE_TTL_SECONDS_DEFAULT',
      'LEASE_CUMULATIVE_SECONDS_MAX',
    ],
    ['skew is shorter than a default token', 'CLOCK_SKEW_SECONDS', 'TOKEN_TTL_SECONDS_DEFAULT'],
    ['the default fan-out is allowed', 'LEASE_CHILDREN_DEFAULT', 'LEASE_CHILDREN_MAX'],
    ['one fan-out fits a tree', 'LEASE_CHILDREN_MAX', 'TREE_LEASES_MAX'],
    ['a scope fits a token', 'SCOPE_BYTES_MAX', 'TOKEN_BYTES_MAX'],
    ['one string fits a scope', 'SCOPE_STRING_MAX', 'SCOPE_BYTES_MAX'],
    ['a scope fits a request of the API', 'SCOPE_BYTES_MAX', 'BODY_BYTES_MAX'],
    ['a certificate request fits a request of the API', 'CSR_BYTES_MAX', 'BODY_BYTES_MAX'],
    ['a token fits a request of the API', 'TOKEN_BYTES_MAX', 'BODY_BYTES_MAX'],
    ['constraints nest no deeper than requests', 'SCOPE_NESTING_MAX', 'JSON_NESTING_MAX'],
    ['a commit takes less than the queue', 'COMMIT_GROUP_MAX', 'COMMIT_QUEUE_MAX'],
    ['a mint is one commit', 'MINT_BATCH_MAX', 'COMMIT_GROUP_MAX'],
    ['a default page is allowed', 'PAGE_ROWS_DEFAULT', 'PAGE_ROWS_MAX'],
    [
      'a token is shorter than the life of a certificate',
      'TOKEN_TTL_SECONDS_MAX',
      'AGENT_CERTIFICATE_SECONDS',
    ],
    [
      'a lease ends with the certificate it began with',
      'LEASE_CUMULATIVE_SECONDS_MAX',
      'AGENT_CERTIFICATE_SECONDS',
    ],
    [
      'an agent is issued for less than a server',
      'AGENT_CERTIFICATE_SECONDS',
      'SERVER_CERTIFICATE_SECONDS',
    ],
    [
      'a server is issued for less than the root',
      'SERVER_CERTIFICATE_SECONDS',
      'ROOT_CERTIFICATE_SECONDS',
    ],
    [
      'a retired key verifies every token it signed',
      'TOKEN_TTL_SECONDS_MAX',
      'KEY_OVERLAP_SECONDS',
    ],
    [
      'an answer is remembered longer than any token',
      'TOKEN_TTL_SECONDS_MAX',
      'IDEMPOTENCY_SECONDS',
    ],
    ['a cut stream is noticed within a tenth of a second', 'IN_FLIGHT_POLL_MS', 100],
    [
      'a body that does not come is given up before the decision about it',
      'API_BODY_TIMEOUT_MS',
      'DECISION_DEADLINE_MS',
    ],
    [
      'a decision is over before a handshake is given up',
      'DECISION_DEADLINE_MS',
      'TLS_HANDSHAKE_TIMEOUT_MS',
    ],
    [
      'a decision is over before an upstream is given up',
      'DECISION_DEADLINE_MS',
      'UPSTREAM_HEADERS_TIMEOUT_MS',
    ],
    ['a reason is shorter than a string of a scope', 'REASON_CHARACTERS_MAX', 'SCOPE_STRING_MAX'],
    ['a budget counts exactly in a double', 'BUDGET_AMOUNT_MAX', Number.MAX_SAFE_INTEGER / 9],
    ['uses count exactly in 32 bits', 'LEASE_USES_MAX', 2 ** 31],
    ['a checkpoint joins the lanes of many processes', 'STORE_LANES', 'CHECKPOINT_CHAINS_MAX'],
    ['a checkpoint covers several commits', 'COMMIT_GROUP_MAX', 'CHECKPOINT_RECORDS'],
    [
      'a checkpoint is signed within the life of a token',
      'CHECKPOINT_SECONDS',
      'TOKEN_TTL_SECONDS_DEFAULT',
    ],
    [
      'backdating is shorter than a certificate',
      'CERTIFICATE_BACKDATE_SECONDS',
      'AGENT_CERTIFICATE_SECONDS',
    ],
    ['budgets fit a list of a scope', 'SCOPE_BUDGETS_MAX', 'SCOPE_ENTRIES_MAX'],
    ['grants fit a list of a scope', 'SCOPE_GRANTS_MAX', 'SCOPE_STRING_MAX'],
    ['a caller may fill a page each second', 'PAGE_ROWS_DEFAULT', 'CALLER_REQUESTS_PER_MINUTE'],
    ['a lease has uses to spare', 'LEASE_USES_DEFAULT', 'LEASE_USES_MAX'],
    ['a budget has no more decimals than digits it can hold', 'BUDGET_DECIMALS_MAX', 19],
    [
      'a rate is counted over less than evidence is kept',
      'RATE_SECONDS_MAX',
      'ATTESTATION_AGE_SECONDS_MAX',
    ],
    [
      'evidence is younger than the root',
      'ATTESTATION_AGE_SECONDS_MAX',
      'ROOT_CERTIFICATE_SECONDS',
    ],
    ['a record keeps less than a target', 'RECORDED_CHARACTERS_MAX', 'TARGET_CHARACTERS_MAX'],
    ['a target fits a request head', 'TARGET_CHARACTERS_MAX', 'GATEWAY_HEAD_BYTES_MAX'],
    ['a token fits a request head', 'TOKEN_BYTES_MAX', 'GATEWAY_HEAD_BYTES_MAX'],
    [
      'an upstream connects before its headers are due',
      'UPSTREAM_CONNECT_TIMEOUT_MS',
      'UPSTREAM_HEADERS_TIMEOUT_MS',
    ],
    [
      'a stream may pause longer than headers may take',
      'UPSTREAM_HEADERS_TIMEOUT_MS',
      'UPSTREAM_IDLE_TIMEOUT_MS',
    ],
    [
      'an idle connection is closed before one in the middle of a call',
      'GATEWAY_KEEP_ALIVE_MS',
      'GATEWAY_IDLE_TIMEOUT_MS',
    ],
    [
      'one agent does not take an upstream',
      'GATEWAY_CALLS_PER_PEER_MAX',
      'UPSTREAM_CONNECTIONS_MAX',
    ],
    ['one upstream does not take all calls', 'UPSTREAM_CONNECTIONS_MAX', 'GATEWAY_CALLS_MAX'],
    ['a full gateway fits the queue', 'GATEWAY_CALLS_MAX', 'COMMIT_QUEUE_MAX'],
    [
      'a head is due before an idle connection is closed',
      'GATEWAY_HEAD_TIMEOUT_MS',
      'GATEWAY_KEEP_ALIVE_MS',
    ],
    ['a body to judge is due within the life of a token', 'JUDGED_BODY_TIMEOUT_MS', 60_000],
    [
      'a connection ends before its certificate',
      'GATEWAY_CONNECTION_SECONDS_MAX',
      'AGENT_CERTIFICATE_SECONDS',
    ],
    ['an end is noticed within two tenths of a second', 'IN_FLIGHT_SWEEP_MS', 200],
    ['a checkpoint has room for its heads', 'CHECKPOINT_CHAINS_MAX', 'CHECKPOINT_BYTES_MAX'],
    ['the log outlives what matters of it', 'REVOCATION_MATTERS_SECONDS', 'REVOCATION_LOG_SECONDS'],
    [
      'no call runs for as long as the log is kept',
      'LEASE_CUMULATIVE_SECONDS_MAX',
      'REVOCATION_LOG_SECONDS',
    ],
    ['changes read at once fit a queue', 'REVOCATION_CHANGES_MAX', 'COMMIT_QUEUE_MAX'],
    ['a silent feed is left after some heartbeats', 'FEED_HEARTBEAT_MS', 'FEED_SILENCE_MS'],
    ['a feed is connected before it would be silent', 'FEED_CONNECT_TIMEOUT_MS', 'FEED_SILENCE_MS'],
    ['pauses grow', 'FEED_RETRY_MS', 'FEED_RETRY_MS_MAX'],
    ['a reader catches up in frames', 'REVOCATION_CHANGES_MAX', 'FEED_CATCH_UP_MAX'],
    ['a frame fits what may wait', 'FEED_FRAME_BYTES_MAX', 'FEED_BUFFER_BYTES_MAX'],
    [
      'one peer does not take every stream',
      'FEED_SUBSCRIBERS_PER_PEER_MAX',
      'FEED_SUBSCRIBERS_MAX',
    ],
    ['reasons fit an answer', 'REASONS_MAX', 'SCOPE_ENTRIES_MAX'],
    [
      'a head of the API is due before its whole request',
      'API_HEAD_TIMEOUT_MS',
      'API_REQUEST_TIMEOUT_MS',
    ],
    [
      'an idle connection is closed before a slow one',
      'API_KEEP_ALIVE_MS',
      'API_REQUEST_TIMEOUT_MS',
    ],
    ['a head of the API has no body in it', 'API_HEAD_BYTES_MAX', 'BODY_BYTES_MAX'],
    ['listeners of the API fit the queue', 'API_CONNECTIONS_MAX', 'COMMIT_QUEUE_MAX'],
    [
      'strangers are heard less than callers',
      'STRANGER_REQUESTS_PER_MINUTE',
      'CALLER_REQUESTS_PER_MINUTE',
    ],
    ['a tree is seen in some answers', 'TREE_ROWS_MAX', 'TREE_LEASES_MAX'],
    ['an answer has several pages of records', 'PAGE_ROWS_MAX', 'AUDIT_ROWS_MAX'],
    ['a tree is kept beyond its life', 'LEASE_CUMULATIVE_SECONDS_MAX', 'TREE_KEPT_SECONDS'],
    ['a checkpoint joins all workers', 'WORKERS_MAX', 'CHECKPOINT_CHAINS_MAX'],
  ] as const)('%s: %s < %s', (_sentence, small, large) => {
    expect(L[small]).toBeLessThan(typeof large === 'number' ? large : L[large])
  })

  it('a lineage of the greatest depth leaves room in a token beside the largest scope', () => {
    const lineageBytes = (L.LEASE_DEPTH_MAX + 1) * 'lease_0123456789012345678901",'.length
    const inBase64 = Math.ceil(((L.SCOPE_BYTES_MAX + lineageBytes) * 4) / 3)
    expect(inBase64).toBeLessThan(L.TOKEN_BYTES_MAX)
  })
})
