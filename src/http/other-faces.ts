import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { type RefusalCode, refusalEntry } from '../domain/refusal.ts'
import { REQUEST } from './examples/words.ts'

/** An address of another face as the document tells of it: its face has the code. */
export interface ToldRow {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly tag: 'oauth' | 'leash'
  readonly summary: string
  readonly description: string
  readonly security: readonly ('bearer' | 'certificate')[]
  readonly params?: z.ZodObject
  readonly form?: z.ZodType
  readonly json?: z.ZodType
  readonly status: 200 | 201
  /** Absent where the answer has no body. */
  readonly answer?: z.ZodType
  /** Refusals as problem documents; the OAuth addresses tell theirs in `error` of OAuth. */
  readonly refusals: readonly RefusalCode[]
}

const token = z.string().openapi({ description: 'The token, as it was handed out.' })
const details = z
  .string()
  .openapi({ description: 'JSON text: a list of exactly one scope of type `urn:writ:scope:v1`.' })

const tokenForm = z
  .object({
    grant_type: z.string().openapi({ example: 'client_credentials' }),
    resource: z.string().openapi({ example: 'https://api.example/' }),
    authorization_details: details.optional(),
    subject_token: token.optional(),
    subject_token_type: z.string().optional(),
    assertion: token.optional(),
    approval_id: z.string().optional(),
  })
  .openapi('OAuthTokenRequest')

const tokenAnswer = z
  .object({
    access_token: token,
    issued_token_type: z.string().optional(),
    token_type: z.enum(['Bearer', 'DPoP', 'N_A']),
    expires_in: z.int(),
    authorization_details: z.array(z.record(z.string(), z.unknown())),
    lease_id: z.string(),
  })
  .openapi('OAuthToken')

const presented = z
  .object({ token, token_type_hint: z.string().optional() })
  .openapi('OAuthPresentedToken')
const introspected = z
  .object({ active: z.boolean() })
  .catchall(z.unknown())
  .openapi('OAuthIntrospection')
const metadata = z
  .object({ issuer: z.string(), token_endpoint: z.string(), jwks_uri: z.string() })
  .catchall(z.unknown())
  .openapi('OAuthMetadata')

const mintBody = z
  .strictObject({
    lease_id: z.string(),
    audience: z.string(),
    scope: z.array(z.string()),
    agent_pubkey: z.string().openapi({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    ttl_seconds: z.int().optional(),
  })
  .openapi('MintLeash')
const minted = z
  .object({
    leash: z.string(),
    grant_version: z.int(),
    expires_at: z.int(),
    revocation_url: z.string(),
  })
  .openapi('MintedLeash')
const verifyBody = z
  .strictObject({ audience: z.string(), envelope: z.unknown() })
  .openapi('VerifyLeash')
const verdict = z
  .object({
    accepted: z.boolean(),
    reason: z.string().optional(),
    checks: z.array(z.object({ name: z.string(), status: z.string(), detail: z.string() })),
  })
  .catchall(z.unknown())
  .openapi('LeashVerdict')
const leashStatus = z
  .object({
    revoked: z.boolean(),
    revoked_at: z.unknown(),
    reason: z.unknown(),
    checked_at: z.unknown(),
  })
  .openapi('LeashStatus')

const OAUTH = {
  tag: 'oauth',
  status: 200,
  refusals: ['malformed', 'unauthenticated', 'rate_limited', 'overloaded', 'status_unknown'],
} as const
const LEASH = { tag: 'leash' } as const
const WHERE_ON = 'Where the setting `leash_tokens` is on.'

/** What a grant may be refused for, whichever it is. */
const OF_GRANTS: readonly RefusalCode[] = [
  'forbidden',
  'not_found',
  'not_narrower',
  'contract_expired',
  'revoked',
  'suspended',
  'released',
  'expired',
  'uses_exhausted',
  'approval_required',
  'approval_denied',
]

/** The addresses of OAuth and of LEASH tokens. */
export const OTHER_FACES: readonly ToldRow[] = [
  {
    ...OAUTH,
    method: 'post',
    path: '/oauth2/token',
    summary: 'Mint a call or delegation token by a grant of OAuth',
    description:
      'By client credentials, token exchange or an assertion; what is minted is that of POST ' +
      '/v1/tokens and /v1/delegations. RFC 6749, 8693, 7523 and 9396; on the mTLS listener alone.',
    security: ['certificate'],
    form: tokenForm,
    refusals: [...OAUTH.refusals, ...OF_GRANTS],
    answer: tokenAnswer,
  },
  {
    ...OAUTH,
    method: 'post',
    path: '/oauth2/introspect',
    summary: 'Whether a token is good, and what it says',
    description:
      'Spends nothing, and tells nobody why a token is not active. RFC 7662; people by bearer ' +
      'token, peers by certificate.',
    security: ['bearer', 'certificate'],
    form: presented,
    answer: introspected,
  },
  {
    ...OAUTH,
    method: 'post',
    path: '/oauth2/revoke',
    summary: 'Take a token back',
    description:
      'In force when this answers; a token nobody knows is answered alike. RFC 7009; people by ' +
      'bearer token, peers by certificate.',
    security: ['bearer', 'certificate'],
    form: presented,
  },
  {
    ...OAUTH,
    method: 'get',
    path: '/.well-known/oauth-authorization-server',
    summary: 'What the authorization server offers',
    description:
      'Endpoints, grants and proofs that are there, and no others. RFC 8414; where the issuer ' +
      'has a path, it stands behind this address.',
    security: [],
    answer: metadata,
    refusals: ['not_found'],
  },
  {
    ...LEASH,
    method: 'post',
    path: '/v1/leash/tokens',
    summary: 'Mint a leash under a lease of the caller',
    description: `Its words have to lie in what the lease covers; it ends with that. ${WHERE_ON}`,
    security: ['certificate'],
    json: mintBody,
    status: 201,
    answer: minted,
    refusals: ['malformed', 'unauthenticated', 'forbidden', 'not_found', 'not_narrower'],
  },
  {
    ...LEASH,
    method: 'post',
    path: '/v1/leash/verify',
    summary: 'Judge a leash and its envelope; 200 also when it is rejected',
    description: `An accepted proof is spent as a call; else the checks tell more. ${WHERE_ON}`,
    security: ['certificate'],
    json: verifyBody,
    status: 200,
    answer: verdict,
    refusals: ['malformed', 'unauthenticated', 'forbidden', 'rate_limited', 'status_unknown'],
  },
  {
    ...LEASH,
    method: 'get',
    path: '/v1/public/leash/keys/{user}',
    summary: 'The keys that verify the leashes of one person',
    description: `The same for everybody who asks, and for a person nobody knows. ${WHERE_ON}`,
    security: [],
    params: z.object({ user: z.string() }),
    status: 200,
    answer: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).catchall(z.unknown()),
    refusals: ['not_found'],
  },
  {
    ...LEASH,
    method: 'get',
    path: '/v1/public/leash/status/{jti}',
    summary: 'Whether a leash was revoked',
    description: `Looks at the lease it came from, and everything above. ${WHERE_ON}`,
    security: [],
    params: z.object({ jti: z.string() }),
    status: 200,
    answer: leashStatus,
    refusals: [],
  },
]

const oauthError = z
  .object({
    error: z.string(),
    error_description: z.string(),
    code: z.string().openapi({ description: 'The word of the table of refusals.' }),
    request_id: z.string(),
    reasons: z.array(z.record(z.string(), z.unknown())),
  })
  .openapi('OAuthError')

const REFUSED = {
  error: 'invalid_request',
  error_description: refusalEntry('malformed').sentence,
  code: 'malformed',
  request_id: REQUEST,
  reasons: [{ pointer: '/resource', code: 'missing', detail: 'It has to be there.' }],
}

/** The answers of an address that speaks OAuth when it refuses (RFC 6749 §5.2). */
export const OAUTH_REFUSALS: Parameters<
  OpenAPIHono['openAPIRegistry']['registerPath']
>[0]['responses'] = Object.fromEntries(
  Object.entries({
    400: 'The error of OAuth; `code` has the word of the table.',
    401: '`invalid_client` or `invalid_token`: who asks is not known.',
    429: '`temporarily_unavailable`: `rate_limited`.',
    503: '`temporarily_unavailable`: `overloaded`, `status_unknown`.',
  }).map(([status, description]) => {
    const shown = status === '400' ? { example: REFUSED } : {}
    return [
      status,
      { description, content: { 'application/json': { schema: oauthError, ...shown } } },
    ]
  }),
)
