import { z } from 'zod'
import { parseAgentUri, parseApprovalId, parseLeaseId } from '../../domain/ids.ts'
import { CRP_SCOPES_MAX } from '../../domain/limits.ts'
import { textAs } from '../../listener/read-as.ts'

/** Types of credentials that CRP names, both versions together. */
export const CRP_TYPES = [
  'api_key',
  'oauth_bearer',
  'basic_auth',
  'client_certificate',
  'connection_string',
  'custom',
] as const
/** One of them. */
export type CrpType = (typeof CRP_TYPES)[number]

const words = z.string().regex(/^[\x20-\x7e]{1,256}$/)
const name = z.string().regex(/^[\w.:@/+-]{1,128}$/)

/** CRPX-02. */
export const service = z.string().regex(/^[a-zA-Z0-9._/-]{1,128}$/)
/** Scopes by name, or as `METHOD /path`. */
export const scopes = z.array(z.string().min(1).max(1_024)).max(CRP_SCOPES_MAX).default([])
/** CRPX-03: seconds. */
export const ttl = z.int().min(1).max(86_400)
/** A lease by its id. */
export const lease = textAs(parseLeaseId, 'This is no lease id.')
/** An agent by its SPIFFE id. */
export const agent = textAs(parseAgentUri, 'This is no agent id.')
/** A yes of an owner by its id; ours, since CRP has no word for repeating a request with it. */
export const approval = textAs(parseApprovalId, 'This is no approval id.')
/** What a client says of itself. */
export const context = z.strictObject({
  consumer: name.optional(),
  consumerVersion: name.optional(),
  requestor: name.optional(),
  purpose: words.optional(),
  traceId: name.optional(),
})
/** Positions below the lease that is asked for. */
export const depth = z.int().min(0).max(16)
/** A type of credential, also one of somebody's own (CRPX-24). */
export const type = z.union([z.enum(CRP_TYPES), z.string().regex(/^x-[a-z0-9._-]{1,62}$/)])
