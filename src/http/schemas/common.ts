import { z } from '@hono/zod-openapi'
import {
  type AgentUri,
  type Jti,
  type LeaseId,
  parseAgentUri,
  parseCertificateThumbprint,
  parseJti,
  parseLeaseId,
  parseRequestId,
} from '../../domain/ids.ts'
import { PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX, TOKEN_BYTES_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'

const LEASE_ID = { type: 'string', pattern: '^lease_[A-Za-z0-9_-]{21}[AQgw]$' } as const
const AGENT_URI = {
  type: 'string',
  maxLength: 2048,
  example: 'spiffe://acme.example/agent/planner',
} as const
const SHA256 = { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' } as const
const JTI = { type: 'string', pattern: '^[A-Za-z0-9_-]{21}[AQgw]$' } as const
const TIME = { type: 'string', format: 'date-time', description: 'RFC 3339, in UTC.' } as const

/** Ids as they come in. */
export const leaseId = textAs<LeaseId>(parseLeaseId, 'This is no lease id.').openapi(LEASE_ID)
export const agentUri = textAs<AgentUri>(parseAgentUri, 'This is no agent id.').openapi(AGENT_URI)
export const jti = textAs<Jti>(parseJti, 'This is no token id.').openapi(JTI)
export const requestId = textAs(parseRequestId, 'This is no request id.').openapi({
  type: 'string',
  pattern: '^req_[A-Za-z0-9_-]{21}[AQgw]$',
})
export const certificateThumbprint = textAs(
  parseCertificateThumbprint,
  'This is no certificate thumbprint.',
).openapi(SHA256)

/** Ids and times as they go out. */
export const leaseIdOut = textOut(LEASE_ID)
export const agentUriOut = textOut(AGENT_URI)
export const jtiOut = textOut(JTI)
export const thumbprintOut = textOut(SHA256)
export const timeOut = textOut(TIME)

/** Its type is left to the schema, which may be made nullable: one that is told stays as told. */
function textOut<T extends { readonly type: string }>({ type: _, ...told }: T) {
  return z.string().openapi(told)
}

/** A name of an agent or operator: one path segment. */
export const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
/** A token as it was handed out. */
export const tokenText = z.string().min(1).max(TOKEN_BYTES_MAX)
export const seconds = z
  .int()
  .min(1)
  .max(366 * 24 * 60 * 60)
export const pem = z.string().max(16 * 1024)

/** Where the one audit record of a decision stands (I10). */
export const recordOut = z
  .strictObject({ chain: z.string(), sequence: z.int() })
  .openapi('AuditPosition')

/** A cursor as our lists give them out: a JSON list in base64url; what it names is the store's. */
function isCursor(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) return false
  try {
    return Array.isArray(JSON.parse(bytes.toString('utf8')))
  } catch {
    return false
  }
}

/** `limit` and `cursor` of every list. */
export const pageQuery = {
  limit: countText(PAGE_ROWS_MAX)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: PAGE_ROWS_MAX, default: PAGE_ROWS_DEFAULT }),
  cursor: z.string().min(1).max(1024).refine(isCursor).optional(),
}

/** A whole number from 1 to `max`, as it stands in a query. */
export function countText(max: number) {
  return z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/)
    .transform((text, context): number => {
      const count = Number(text)
      if (count <= max) return count
      context.addIssue({ code: 'custom', message: `This has to be at most ${max}.` })
      return z.NEVER
    })
}

/** One page of a list; `cursor` is null on the last. */
export function pageOf<T extends z.ZodType>(item: T, title: string) {
  return z.strictObject({ items: z.array(item), cursor: z.string().nullable() }).openapi(title)
}

/** An answer without a body. */
export const nothing = z.undefined()
