import { describe, expect, it } from 'vitest'
import { APPROVED_ACR, type ChallengeTerms, challenged } from '../../src/admission/challenge.ts'
import { problemHeaders, problemOf } from '../../src/admission/problem.ts'
import type { Facts } from '../../src/domain/refusal.ts'
import { REFUSALS, type RefusalCode, refusalEntry, refuse } from '../../src/domain/refusal.ts'
import { REQUEST_ID } from './rig.ts'

function told(code: RefusalCode, facts: Facts = {}, terms: ChallengeTerms = {}) {
  const { refusal } = refuse(code, facts)
  const { problem, headers } = challenged(problemOf(refusal, REQUEST_ID), refusal, terms)
  return { status: problem.status, challenge: headers['WWW-Authenticate'], headers }
}

describe('a challenge of an enforcement point', () => {
  it.each([...REFUSALS.keys()])('%s: goes with 401 and 403, and with nothing else', (code) => {
    const { status, challenge } = told(code)
    expect(challenge !== undefined).toBe(status === 401 || status === 403)
    if (challenge !== undefined) expect(challenge).toContain(`error="${refusalEntry(code).oauth}"`)
  })

  it('RFC 6750 §3: tells no error to whom nothing was asked of yet', () => {
    const none = { authorization: 'none' }
    expect(told('unauthenticated', none).challenge).toBe('Bearer')
    const resourceMetadata = 'https://g.example/.well-known/oauth-protected-resource/up'
    expect(told('unauthenticated', none, { resourceMetadata }).challenge).toBe(
      `Bearer resource_metadata="${resourceMetadata}"`,
    )
  })

  it('RFC 9470 §3: a yes that is missing asks for step-up', () => {
    const { status, challenge } = told('approval_required')
    expect(status).toBe(401)
    expect(challenge).toBe(
      `Bearer error="insufficient_user_authentication", acr_values="${APPROVED_ACR}"`,
    )
  })

  it('RFC 9470 §3: evidence that is too old says how old it may be', () => {
    const { status, challenge } = told('attestation_stale', { age: 90, ageMax: 60 })
    expect(status).toBe(401)
    expect(challenge).toBe('Bearer error="insufficient_user_authentication", max_age="60"')
  })

  it('RFC 9449 §7.1: what is wrong with a proof is told under DPoP, however the token came', () => {
    const scheme = 'Bearer'
    const challenge = 'DPoP algs="EdDSA ES256", error="invalid_dpop_proof"'
    expect(told('proof_invalid', {}, { scheme }).challenge).toBe(challenge)
    const problem = problemOf(refuse('proof_invalid').refusal, REQUEST_ID)
    expect(problemHeaders(problem)['WWW-Authenticate']).toBe('DPoP error="invalid_dpop_proof"')
  })

  it('RFC 9449 §9: a nonce goes along where one is asked for', () => {
    const { challenge, headers } = told('nonce_required', {}, { scheme: 'DPoP', nonce: 'abc' })
    expect(challenge).toBe('DPoP algs="EdDSA ES256", error="use_dpop_nonce"')
    expect(headers['DPoP-Nonce']).toBe('abc')
  })
})
