import { describe, expect, it } from 'vitest'
import { proofToSend } from '../../src/admission/peer-to-send.ts'
import type { Presentation } from '../../src/admission/ports.ts'
import type { AskedRedemption } from '../../src/admission/redemption-queue.ts'
import { createRelayedAdmission } from '../../src/admission/relay.ts'
import type { RemoteYes } from '../../src/admission/remote-answer.ts'
import type { CertificateThumbprint } from '../../src/domain/ids.ts'
import { refuse } from '../../src/domain/refusal.ts'
import { accept, type Result } from '../../src/domain/result.ts'
import type { RequestToJudge } from '../../src/domain/scope/types.ts'
import { at, leaseId, NOW, outcome, scope } from '../domain/samples.ts'
import { newProver } from '../support/dpop.ts'
import {
  AUDIENCE,
  bodyOf,
  freshKey,
  GET,
  ISSUER,
  PEER,
  REQUEST_ID,
  TOKEN_KEY,
  token,
} from './rig.ts'

const OTHER = 'b'.repeat(42).concat('A') as CertificateThumbprint
const YES: RemoteYes = {
  record: { chain: 'chain-a', sequence: 7 },
  leaseEndsAt: at(500),
  subjects: [`lease:${leaseId(1)}`],
  receipt: 'receipt',
}

/** A gateway whose authority answers so; `asked` is what it was asked. */
function point(setup: { readonly answer?: Result<RemoteYes>; readonly fresh?: boolean } = {}) {
  const asked: AskedRedemption[] = []
  const admit = createRelayedAdmission({
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: { now: () => NOW },
    keys: {
      freshFor: async () => setup.fresh ?? true,
      verification: (kid) => (kid === TOKEN_KEY.kid ? TOKEN_KEY : undefined),
    },
    queue: {
      size: 0,
      async redeem(one) {
        asked.push(one)
        return setup.answer ?? accept(YES)
      },
    },
  })
  return {
    asked,
    present: (text: string, changed: Partial<Presentation> = {}) =>
      admit({ token: text, peer: PEER, request: GET, requestId: REQUEST_ID, ...changed }),
  }
}

/** Issued before it could be over. */
const OLD = { issuedAt: at(-60), notBefore: at(-60) }

describe('admission without a store', () => {
  it('asks the authority last, about the very call, and takes its word', async () => {
    const gateway = point()
    const text = await token()
    const admitted = await gateway.present(text)
    expect(admitted).toMatchObject({ ok: true, value: { ...YES, peer: PEER } })
    expect(gateway.asked).toEqual([
      { token: text, audience: AUDIENCE, request: GET, peer: PEER, requestId: REQUEST_ID },
    ])
  })

  it('sends the body along that it has read to judge', async () => {
    const gateway = point()
    const grants = scope().grants.map((grant) =>
      grant.type === 'http' ? { ...grant, body: { max_bytes: 9 } } : grant,
    )
    const request: RequestToJudge = { ...GET, method: 'POST' }
    const readBody = async () => accept(bodyOf('{}'))
    await gateway.present(await token({ scope: scope({ grants }) }), { request, readBody })
    expect(gateway.asked[0]?.request).toMatchObject({ body: { text: '{}' } })
  })

  it.each([
    ['no token', 'malformed', () => Promise.resolve('no token')],
    ['another key', 'signature_invalid', () => token({}, freshKey())],
    ['another issuer', 'issuer_mismatch', () => token({ issuer: 'https://other.example' })],
    ['another audience', 'audience_mismatch', () => token({ audience: 'https://other.example' })],
    ['a token that is over', 'expired', () => token({ ...OLD, expiresAt: NOW })],
  ] as const)('noise does not reach the authority: %s', async (_sentence, code, make) => {
    const gateway = point()
    expect(outcome(await gateway.present(await make()))).toBe(code)
    expect(gateway.asked).toEqual([])
  })

  it.each([
    ['another peer (I8)', 'holder_binding_failed', { peer: { ...PEER, certificate: OTHER } }],
    ['a request outside the scope', 'scope_not_granted', { request: { ...GET, method: 'DELETE' } }],
  ] as const)(
    'I10: a refusal of a verified token is told to the authority, and stays one: %s',
    async (_sentence, code, changed) => {
      const gateway = point()
      expect(outcome(await gateway.present(await token(), changed))).toBe(code)
      expect(gateway.asked).toHaveLength(1)
    },
  )

  it('I7: a proof whose nonce is refused here is no yes at the authority either', async () => {
    const gateway = point()
    const prover = newProver()
    const text = await token({ confirmation: { key: prover.thumbprint } })
    const url = 'https://gateway.example:9443/api/repos'
    const jwt = prover.prove({ method: 'GET', url, token: text, now: NOW })
    const proof = { jwt, method: 'GET', url }
    const asking = { ...proof, isNonce: () => false }
    expect(outcome(await gateway.present(text, { peer: {}, proof: asking }))).toBe('nonce_required')
    expect(proofToSend(gateway.asked[0]?.proof)).toEqual({
      proof: { ...proof, nonce_refused: true },
    })
    await gateway.present(text, { peer: {}, proof })
    expect(proofToSend(gateway.asked[1]?.proof)).toEqual({ proof })
  })

  it('is no without fresh keys, and without a yes', async () => {
    const stale = point({ fresh: false })
    expect(outcome(await stale.present(await token()))).toBe('status_unknown')
    expect(stale.asked).toEqual([])
    for (const code of ['token_used', 'revoked', 'status_unknown', 'overloaded'] as const) {
      expect(outcome(await point({ answer: refuse(code) }).present(await token()))).toBe(code)
    }
  })
})
