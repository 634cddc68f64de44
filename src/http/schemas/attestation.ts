import { z } from '@hono/zod-openapi'
import { FOREIGN_TOKEN_BYTES_MAX, PROCESS_SCRIPTS_MAX } from '../../domain/limits.ts'
import { timeOut } from './common.ts'

const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
const nonce = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/)
  .openapi({ description: 'From POST /v1/nonces; good for one proof.' })
const optionalNonce = { nonce: nonce.optional() }

/** Evidence as an agent sends it (RFC 9334). */
export const evidence = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('none'), ...optionalNonce }),
    z.strictObject({ method: z.literal('mtls'), ...optionalNonce }),
    z
      .strictObject({
        method: z.literal('signed-code'),
        digest,
        release_key: z.string().min(1).max(64),
        signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
        ...optionalNonce,
      })
      .transform(({ release_key: releaseKey, ...others }) => ({ ...others, releaseKey })),
    z.strictObject({
      method: z.literal('oidc'),
      token: z
        .string()
        .min(1)
        .max(FOREIGN_TOKEN_BYTES_MAX)
        .openapi({ description: 'A workload identity token of a configured issuer.' }),
      nonce,
    }),
    z.strictObject({
      method: z.literal('process'),
      nonce,
      reported: z
        .array(z.strictObject({ name: z.string().regex(/^[\x21-\x7e]{1,128}$/), digest }))
        .max(PROCESS_SCRIPTS_MAX)
        .optional()
        .openapi({ description: 'Digests by the agent’s own word; nobody measures them.' }),
    }),
    z
      .strictObject({ method: z.literal('enclave'), ...optionalNonce })
      .openapi({ description: 'Known and never accepted: there is no verifier for enclaves.' }),
  ])
  .openapi('Evidence')

/** Evidence for a newer proof, over the connection of the agent’s certificate. */
export const attestBody = z.strictObject({ evidence }).openapi('Attest')

/** A nonce as it was drawn. */
export const nonceOut = z.strictObject({ nonce: z.string(), expires_at: timeOut }).openapi('Nonce')

/** What a connector tells of itself. */
export const heartbeatBody = z
  .strictObject({
    program: digest.openapi({ description: 'SHA-256 of what the connector runs.' }),
  })
  .openapi('Heartbeat')

/** What a connector is told: that it goes on, and when to tell again. */
export const heartbeatOut = z
  .strictObject({
    state: z.enum(['active', 'contract_expired']),
    every_seconds: z.int(),
    at: timeOut,
  })
  .openapi('HeartbeatAnswer')

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

/** What the authority vouches for of an agent, and what has to stay the same. */
export const agentAttestationOut = attestationOut
  .extend({
    identity: z.string().optional().openapi({ description: 'Issuer and subject of a token.' }),
    code: z.string().optional().openapi({
      description: '`binary:` was measured by the authority, `release:` is reported and signed.',
    }),
    self_reported: z
      .array(z.strictObject({ name: z.string(), digest: z.string() }))
      .optional()
      .openapi({ description: 'By the agent’s own word.' }),
    program: z.string().optional().openapi({
      description: 'SHA-256 of its connector’s program, by its own word at every heartbeat.',
    }),
  })
  .openapi('AgentAttestation')
