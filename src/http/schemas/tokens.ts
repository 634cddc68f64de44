import { z } from '@hono/zod-openapi'
import {
  MINT_BATCH_MAX,
  PROOF_CHARACTERS_MAX,
  SCOPE_STRING_MAX,
  TARGET_CHARACTERS_MAX,
} from '../../domain/limits.ts'
import { reasonText } from '../../listener/words.ts'
import type { WireActor } from '../../token/wire.ts'
import { approvalIn } from './approvals.ts'
import { costs } from './budgets.ts'
import {
  agentUri,
  agentUriOut,
  certificateThumbprint,
  jtiOut,
  leaseId,
  leaseIdOut,
  requestId,
  seconds,
  thumbprintOut,
  timeOut,
  tokenText,
} from './common.ts'
import { REDEEMED } from './redeemed.ts'
import { requestToJudge, scopeOut, scopeRequest } from './scope.ts'

/** Pins a call token to one request; `body_digest` is base64url(SHA-256(body)). */
const pin = z
  .strictObject({
    method: z.string().regex(/^[A-Za-z-]{1,32}$/),
    target: z
      .string()
      .regex(/^[\x21-\x7e]+$/)
      .max(TARGET_CHARACTERS_MAX),
    body_digest: z
      .string()
      .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
      .optional(),
  })
  .transform(({ method, target, body_digest: bodyDigest }) => ({
    method,
    target,
    ...(bodyDigest === undefined ? {} : { bodyDigest }),
  }))
  .openapi('RequestPin')

export const mintBody = z
  .strictObject({
    lease_id: leaseId,
    audience: z.string().min(1).max(SCOPE_STRING_MAX),
    count: z.int().min(1).max(MINT_BATCH_MAX).default(1),
    scope: scopeRequest
      .optional()
      .openapi({ description: 'Narrower than the lease; without it, all of the lease.' }),
    ttl_seconds: seconds.optional(),
    pin: pin.optional(),
    bind: z
      .literal('key')
      .optional()
      .openapi({
        description:
          'Binds the tokens to the key that the DPoP header proves, alone; without it to that ' +
          'key and the certificate. Contracts have to allow it: `key_only_tokens`.',
      }),
    reason: reasonText.optional(),
    approval: approvalIn,
  })
  .openapi('MintTokens')

export const mintedOut = z
  .strictObject({
    tokens: z.array(
      z.strictObject({
        token: z.string().openapi({ description: 'A secret until it is spent.' }),
        jti: jtiOut,
        expires_at: timeOut,
      }),
    ),
  })
  .openapi('MintedTokens')

export const introspectBody = z
  .strictObject({
    token: tokenText,
    token_type_hint: z.string().max(64).optional(),
  })
  .openapi('IntrospectToken')

const numericDate = z.int().openapi({ description: 'Seconds since 1970, as in the token.' })

/** The claims as they stand in the token. */
const CLAIMS = {
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  client_id: agentUriOut,
  act: z.custom<WireActor>().openapi('Actor', {
    type: 'object',
    description: 'Provenance, newest outermost (RFC 8693 §4.1).',
    required: ['sub'],
    properties: { sub: { type: 'string' }, act: { $ref: '#/components/schemas/Actor' } },
  }),
  iat: numericDate,
  nbf: numericDate,
  exp: numericDate,
  jti: jtiOut,
  cnf: z.strictObject({
    'x5t#S256': thumbprintOut.optional(),
    jkt: z.string().optional(),
  }),
  authorization_details: z.array(scopeOut),
  lease: z.strictObject({ id: leaseIdOut, lineage: z.array(leaseIdOut) }),
  txn: leaseIdOut,
  del_depth: z.int(),
  del_max_depth: z.int(),
  att: z.strictObject({
    tier: z.string(),
    method: z.string(),
    verifier: z.string(),
    evh: z.string(),
    at: numericDate,
  }),
  status: z
    .strictObject({ status_list: z.strictObject({ idx: z.int(), uri: z.string() }) })
    .optional(),
  req: z.strictObject({ htm: z.string(), htu: z.string(), cd: z.string().optional() }).optional(),
}

export const introspectionOut = z
  .discriminatedUnion('active', [
    z.strictObject({
      active: z.literal(true),
      token_type: z.string().openapi({ enum: ['writ-call+jwt', 'writ-delegation+jwt'] }),
      ...CLAIMS,
    }),
    z.strictObject({ active: z.literal(false) }),
  ])
  .openapi('Introspection')

/** A proof of possession and what it was made for; the authority verifies it itself. */
const presentedProof = z
  .strictObject({
    jwt: z.string().min(1).max(PROOF_CHARACTERS_MAX),
    method: z.string().regex(/^[A-Za-z-]{1,32}$/),
    url: z.string().min(1).max(TARGET_CHARACTERS_MAX),
    nonce_refused: z.literal(true).optional().openapi({
      description: 'The enforcement point asks for nonces and refused the one of this proof.',
    }),
  })
  .openapi('PresentedProof')

export const redeemBody = z
  .strictObject({
    token: tokenText,
    audience: z.string().min(1).max(SCOPE_STRING_MAX),
    request: requestToJudge,
    proof: presentedProof.optional(),
    peer: z
      .strictObject({
        uri: agentUri.optional(),
        certificate_thumbprint: certificateThumbprint.optional(),
        address: z
          .string()
          .regex(/^[0-9A-Fa-f.:]{2,45}$/)
          .optional()
          .openapi({ description: 'The network address of the call, for its audit record.' }),
      })
      .refine((peer) => (peer.uri === undefined) === (peer.certificate_thumbprint === undefined))
      .openapi({
        description:
          'Who the TLS connection of the call names; never a header. Neither name nor thumbprint ' +
          'where it names nobody, and the token is bound to the key of a proof.',
      }),
    costs: costs.optional().openapi({
      description: 'What the call may cost at most. A budget of a unit without a cost refuses it.',
    }),
    request_id: requestId
      .optional()
      .openapi({ description: 'Names the call in its audit record.' }),
    traceparent: z.string().max(55).optional().openapi({
      description: 'The trace of the call (W3C Trace Context); ignored when malformed.',
    }),
    tracestate: z.string().max(512).optional(),
  })
  .openapi('RedeemToken')

export const redeemedOut = z
  .strictObject({ ...REDEEMED, claims: z.strictObject(CLAIMS).openapi('Claims') })
  .openapi('RedeemedToken')
