import { z } from '@hono/zod-openapi'
import { timeOut } from './common.ts'

/** Evidence as an agent sends it with its certificate request (RFC 9334). */
export const evidence = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('none') }),
    z.strictObject({ method: z.literal('mtls') }),
    z
      .strictObject({
        method: z.literal('signed-code'),
        digest: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
        release_key: z.string().min(1).max(64),
        signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
      })
      .transform(({ method, digest, release_key: releaseKey, signature }) => ({
        method,
        digest,
        releaseKey,
        signature,
      })),
  ])
  .openapi('Evidence')

/** What the authority vouches for. */
export const attestationOut = z
  .strictObject({
    tier: z.enum(['none', 'warning', 'affirming']),
    method: z.string(),
    verifier: z.string(),
    evidence_hash: z.string(),
    at: timeOut,
  })
  .openapi('AttestationResult')
