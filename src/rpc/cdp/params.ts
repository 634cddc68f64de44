import { z } from 'zod'
import { parseAgentUri, parseApprovalId, parseLeaseId } from '../../domain/ids.ts'
import {
  CDP_CAPABILITIES_MAX,
  CDP_WORDS_CHARACTERS_MAX,
  LEASE_CUMULATIVE_SECONDS_MAX,
  TOKEN_BYTES_MAX,
} from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'
import { reasonText } from '../../listener/words.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

const timestamp = z.string().transform((text, context): number => {
  const at = RFC3339.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at)) return at
  context.addIssue({ code: 'custom', message: 'A time as in RFC 3339.' })
  return z.NEVER
})

/** Words an agent says of itself: printable ASCII, so that they can stand in a signed text. */
const words = z
  .string()
  .regex(/^[\x20-\x7e]+$/)
  .max(CDP_WORDS_CHARACTERS_MAX)
const leaseId = textAs(parseLeaseId, 'This is no lease id.')
const approval = textAs(parseApprovalId, 'This is no approval id.').nullish()
const seconds = z.int().min(1).max(LEASE_CUMULATIVE_SECONDS_MAX)
const count = z.int().min(1).max(Number.MAX_SAFE_INTEGER)

/** In every request (CDPX-03). A session is demanded by the method, which can say why. */
const common = {
  session_token: z.string().max(256).optional(),
  nonce: z.string().regex(UUID_V4),
  timestamp,
}

/** What every request brings, as it was read. */
export interface Common {
  readonly session_token?: string | undefined
  readonly nonce: string
  /** Milliseconds since the epoch. */
  readonly timestamp: number
}

const list = z.array(z.string()).min(1)

/** Nothing is everything nowhere: hosts, methods and paths are named, a wildcard as `*` (T-01). */
const scope = z.strictObject({
  hosts: list,
  methods: list,
  paths: list,
  ttl_seconds: seconds.nullish(),
  max_requests: count.nullish(),
  body_constraints: z
    .strictObject({
      forbidden_fields: list.optional(),
      max_size_bytes: z.int().min(0).optional(),
      allowed_content_types: list.optional(),
    })
    .optional(),
  /** Absent or null: the lease may not be passed on (T-07). */
  delegation: z
    .strictObject({
      allowed: z.boolean(),
      max_depth: z.int().min(0).nullish(),
      delegates: list.optional(),
    })
    .nullish(),
})

/** A scope as CDP writes it. */
export type CdpScope = z.output<typeof scope>

const attestation = z.union([
  z.strictObject({
    type: z.literal('key'),
    certificate: z.string().max(16 * 1024),
    signature: z.base64(),
  }),
  z.strictObject({ type: z.enum(['none', 'mtls']) }),
  z.looseObject({ type: z.enum(['oidc', 'enclave', 'signed_code', 'process']) }),
])

/** `cdp.register`. The timestamp is kept as it came: it is part of what is signed. */
export const registerParams = z.strictObject({
  nonce: common.nonce,
  timestamp: z.string(),
  session_token: z.undefined().optional(),
  agent_id: words,
  agent_version: words,
  capabilities: z.array(words).max(CDP_CAPABILITIES_MAX).default([]),
  attestation: attestation.nullish(),
})

/** What a registration brings. */
export type Registration = z.output<typeof registerParams>

/** The moment of a registration, which was kept as text; undefined when it is none. */
export function momentOf({ timestamp: text }: Registration): number | undefined {
  const read = timestamp.safeParse(text)
  return read.success ? read.data : undefined
}

/** `cdp.lease.request`. */
export const leaseRequestParams = z.strictObject({
  ...common,
  mode: z.enum(['http_proxy', 'token']).optional(),
  credential_ref: words.optional(),
  audience: z.string().max(1_024).optional(),
  scope,
  reason: reasonText.optional(),
  approval,
})

/** `cdp.lease.redeem`. */
export const redeemParams = z.strictObject({
  ...common,
  delegation_token: z.string().max(TOKEN_BYTES_MAX),
  mode: z.enum(['http_proxy', 'token']).optional(),
})

/** `cdp.lease.renew`. */
export const renewParams = z.strictObject({
  ...common,
  lease_id: leaseId,
  extend_seconds: seconds,
  approval,
})

/** `cdp.lease.revoke`. */
export const revokeParams = z.strictObject({
  ...common,
  lease_id: leaseId,
  reason: reasonText.optional(),
})

/** `cdp.lease.status`. */
export const statusParams = z.strictObject({ ...common, lease_id: leaseId })

/** `cdp.lease.delegate`. */
export const delegateParams = z.strictObject({
  ...common,
  lease_id: leaseId,
  delegate_to: textAs(parseAgentUri, 'This is no agent id.'),
  scope,
  reason: reasonText.optional(),
  approval,
})

/** `cdp.credentials.list`. */
export const listParams = z.strictObject(common)
