import { createHash } from 'node:crypto'
import { createAdmission } from '../../src/admission/admit.ts'
import type { JudgedBody, PeerIdentity, Presentation } from '../../src/admission/ports.ts'
import { DEFAULT_TENANT, type Jti, type RequestId } from '../../src/domain/ids.ts'
import type { Spend, SpendOutcome } from '../../src/domain/redemption.ts'
import type { Refusal } from '../../src/domain/refusal.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import type { HttpRequestToJudge } from '../../src/domain/scope/types.ts'
import type { EpochSeconds } from '../../src/domain/time.ts'
import type { TokenClaims } from '../../src/domain/token.ts'
import type { KeyPurpose, SigningKey, VerificationKey } from '../../src/token/key.ts'
import { signToken } from '../../src/token/sign.ts'
import { thumbprintOf } from '../../src/token/thumbprint.ts'
import {
  ALICE,
  at,
  attestation,
  CERTIFICATE,
  leaseId,
  NOW,
  PLANNER,
  scope,
  WORKER,
} from '../domain/samples.ts'
import { freshEd25519 } from '../support/fresh-keys.ts'

export const ISSUER = 'https://authority.example'
export const AUDIENCE = 'https://gateway.example:9443/api'
export const REQUEST_ID = 'req_rrrrrrrrrrrrrrrrrrrrrA' as RequestId
export const PEER: PeerIdentity = { uri: WORKER, certificate: CERTIFICATE }
export const GET: HttpRequestToJudge = {
  type: 'http',
  method: 'GET',
  target: 'https://api.example.com/repos/acme?page=2',
}

/** A fresh key of one purpose, both halves. */
export function freshKey(purpose: KeyPurpose = 'token'): SigningKey & VerificationKey {
  const { privateKey, publicKey } = freshEd25519()
  const bytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { kid: thumbprintOf(bytes), alg: 'EdDSA', purpose, privateKey, publicKey: bytes }
}

export const TOKEN_KEY = freshKey()

let drawn = 0

/** A token id that was not drawn before. */
function freshJti(): Jti {
  drawn += 1
  return `${String(drawn).padStart(21, '0')}A` as Jti
}

/** Claims of a call token of the worker, one below the planner, with some changed. */
export function claims(changed: Partial<TokenClaims> = {}): TokenClaims {
  return {
    kind: 'call',
    issuer: ISSUER,
    audience: AUDIENCE,
    subject: ALICE,
    agent: WORKER,
    actors: [WORKER, PLANNER],
    issuedAt: NOW,
    notBefore: NOW,
    expiresAt: at(60),
    jti: freshJti(),
    confirmation: { certificate: CERTIFICATE },
    scope: scope(),
    lease: { id: leaseId(1), lineage: [leaseId(0), leaseId(1)] },
    depth: 1,
    maxDepth: 3,
    attestation: attestation(),
    ...changed,
  }
}

/** A signed call token. */
export function token(changed: Partial<TokenClaims> = {}, key: SigningKey = TOKEN_KEY) {
  return signToken(key, claims(changed))
}

/** The answer of a redemption that went well. */
export const SPENT: SpendOutcome = {
  kind: 'spent',
  record: { chain: 'chain-a', sequence: 7 },
  at: NOW,
  holders: [PLANNER, WORKER],
  leaseEndsAt: at(500),
}

/** A body as an enforcement point reads it. */
export function bodyOf(text: string, media_type = 'application/json'): JudgedBody {
  const digest = createHash('sha256').update(text).digest('base64url')
  return { media_type, bytes: Buffer.byteLength(text), text, digest }
}

/**
 * One enforcement point with a ledger that writes down what is asked of it, in order: `key`, `body`,
 * `redeem`, `record`. The ledger spends each token once and answers from `answers` first.
 */
export function enforcementPoint(
  setup: {
    readonly now?: EpochSeconds
    readonly keys?: readonly VerificationKey[]
    readonly answers?: readonly (SpendOutcome | Error)[]
  } = {},
) {
  const events: string[] = []
  const spends: Spend[] = []
  const refusals: { readonly spend: Spend; readonly refusal: Refusal }[] = []
  const spent = new Set<Jti>()
  const answers = [...(setup.answers ?? [])]
  const keys = new Map((setup.keys ?? [TOKEN_KEY]).map((key) => [key.kid, key]))
  const admit = createAdmission({
    tenant: DEFAULT_TENANT,
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: { now: () => setup.now ?? NOW },
    keys: {
      verification(kid) {
        events.push('key')
        return keys.get(kid)
      },
    },
    redeemer: {
      async redeem(spend) {
        events.push('redeem')
        spends.push(spend)
        const answer = answers.shift()
        if (answer instanceof Error) throw answer
        if (answer !== undefined) return answer
        if (spent.has(spend.jti)) {
          return { kind: 'refused', refusal: { code: 'token_used', facts: {}, reasons: [] } }
        }
        spent.add(spend.jti)
        return SPENT
      },
    },
    recorder: {
      async recordRefusal(spend, refusal) {
        events.push('record')
        refusals.push({ spend, refusal })
      },
    },
  })
  return {
    events,
    spends,
    refusals,
    /** Presents a token over a request; `body` is what would be read, when it may be. */
    present(
      text: string,
      changed: Partial<Presentation> & { readonly body?: JudgedBody | Result<never> } = {},
    ) {
      const { body, ...rest } = changed
      const readBody = async (): Promise<Result<JudgedBody>> => {
        events.push('body')
        return body === undefined ? accept(bodyOf('')) : 'ok' in body ? body : accept(body)
      }
      const presentation = { token: text, peer: PEER, request: GET, requestId: REQUEST_ID }
      return admit({ ...presentation, readBody, ...rest })
    },
  }
}
