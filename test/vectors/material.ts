import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { AgentUri, Jti, LeaseId } from '../../src/domain/ids.ts'
import { SCOPE_TYPE, type Scope } from '../../src/domain/scope/types.ts'
import { type EpochSeconds, epochSeconds } from '../../src/domain/time.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import type {
  KeyPurpose,
  SignatureAlgorithm,
  SigningKey,
  VerificationKey,
} from '../../src/token/key.ts'
import { thumbprintOf } from '../../src/token/thumbprint.ts'

/** Everything here follows from these words, so every run makes the same bytes. */
const SEED = 'writ test vectors 1'

export const ISSUER = 'https://writ.example'
export const AUDIENCE = 'https://gateway.example:9443/github'
export const NOW: EpochSeconds = epochSeconds(1_800_000_000)

/** Pseudo-random bytes for a purpose: SHA-256 of seed and label. */
export function bytesFor(label: string, length = 32): Buffer {
  return createHash('sha256').update(`${SEED}: ${label}`).digest().subarray(0, length)
}

/** PKCS#8 of an Ed25519 private key is this prefix (RFC 8410 §7) and its 32 bytes. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key with both halves, from a label. */
export interface VectorKey extends SigningKey {
  readonly verification: VerificationKey
}

function keyFor(label: string, purpose: KeyPurpose, alg: SignatureAlgorithm): VectorKey {
  const der = Buffer.concat([PKCS8_PREFIX, bytesFor(label)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const publicKey = Buffer.from(x, 'base64url')
  const kid = thumbprintOf(publicKey)
  return { kid, alg, purpose, privateKey, verification: { kid, alg, purpose, publicKey } }
}

export const KEYS = {
  token: keyFor('token key', 'token', 'EdDSA'),
  named: keyFor('token key by its full name', 'token', 'Ed25519'),
  receipt: keyFor('receipt key', 'receipt', 'EdDSA'),
  checkpoint: keyFor('checkpoint key', 'checkpoint', 'EdDSA'),
  feed: keyFor('feed key', 'feed', 'EdDSA'),
  /** In no published set. */
  stranger: keyFor('unknown key', 'token', 'EdDSA'),
} as const

export const PUBLISHED_KEYS: readonly VerificationKey[] = [
  KEYS.token.verification,
  KEYS.named.verification,
  KEYS.receipt.verification,
  KEYS.checkpoint.verification,
]

/** The lease at a depth of the one tree of the vectors. */
export function leaseAt(depth: number): LeaseId {
  return `lease_${bytesFor(`lease ${depth}`, 16).toString('base64url')}` as LeaseId
}

/** The holder of the lease at a depth. */
export function agentAt(depth: number): AgentUri {
  return `spiffe://acme.example/agent/worker-${depth}` as AgentUri
}

export function jtiFor(label: string): Jti {
  return bytesFor(`jti ${label}`, 16).toString('base64url') as Jti
}

export const SCOPE: Scope = {
  type: SCOPE_TYPE,
  grants: [
    {
      type: 'http',
      schemes: ['https'],
      hosts: ['api.github.com'],
      ports: [443],
      methods: ['GET'],
      paths: ['/repos/acme/**'],
      query: 'any',
      body: 'any',
      private_net: false,
      encoded_slash: false,
    },
    {
      type: 'tool',
      server: 'https://mcp.example/mcp',
      tool: 'search',
      arguments: {
        q: { constraint_type: 'wildcard' },
        limit: { constraint_type: 'range', max: 50 },
      },
    },
  ],
  audiences: [AUDIENCE],
  limits: {
    ttl_seconds: 600,
    max_uses: 100,
    max_depth: 16,
    max_children: 10,
    budgets: [],
    rate: 'unlimited',
  },
  requires: {
    approval: false,
    attestation_min: 'warning',
    attestation_max_age_seconds: 3600,
    dpop: false,
    bind_request: false,
    read_only: false,
  },
  delegation: { allowed: true, delegates: ['spiffe://acme.example/agent/**'] },
}

/** A sound call token's claims, taken from the lease at a depth. */
export function callClaims(depth = 1): TokenClaims {
  const lineage = Array.from({ length: depth + 1 }, (_, index) => leaseAt(index))
  return {
    kind: 'call',
    issuer: ISSUER,
    audience: AUDIENCE,
    subject: 'owner@acme.example' as TokenClaims['subject'],
    agent: agentAt(depth),
    actors: lineage.map((_, index) => agentAt(depth - index)),
    issuedAt: NOW,
    notBefore: NOW,
    expiresAt: epochSeconds(NOW + 60),
    jti: jtiFor(`call ${depth}`),
    confirmation: {
      certificate: bytesFor('certificate').toString('base64url') as Required<
        TokenClaims['confirmation']
      >['certificate'],
    },
    scope: SCOPE,
    lease: { id: leaseAt(depth), lineage },
    depth,
    maxDepth: 16,
    attestation: {
      tier: 'warning',
      method: 'mtls',
      verifier: ISSUER,
      evidenceHash: `sha-256:${bytesFor('evidence').toString('base64url')}`,
      at: epochSeconds(NOW - 600),
    },
  }
}

/** A sound delegation token's claims: from the lease at `depth - 1` to the agent of `depth`. */
export function delegationClaims(depth = 2): TokenClaims {
  const { lease, jti: _, ...call } = callClaims(depth)
  return {
    ...call,
    kind: 'delegation',
    audience: ISSUER,
    jti: jtiFor(`delegation ${depth}`),
    lease: { id: leaseAt(depth - 1), lineage: lease.lineage.slice(0, -1) },
  }
}

/** A compact JWS of any two texts or byte strings, signed as they stand. */
export function compact(
  header: string | Uint8Array,
  payload: string | Uint8Array,
  key: SigningKey = KEYS.token,
): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`
}

export function encode(part: string | Uint8Array): string {
  return Buffer.from(part).toString('base64url')
}
