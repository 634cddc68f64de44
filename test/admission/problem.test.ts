import { describe, expect, it } from 'vitest'
import { problemHeaders, problemOf } from '../../src/admission/problem.ts'
import { REFUSALS, refuse } from '../../src/domain/refusal.ts'
import { REQUEST_ID } from './rig.ts'

const codes = [...REFUSALS.values()]

function problem(...input: Parameters<typeof refuse>) {
  return problemOf(refuse(...input).refusal, REQUEST_ID)
}

describe('the one mapping from refusal to problem', () => {
  it.each(codes)('$code', ({ code, http, sentence }) => {
    expect(problem(code)).toMatchObject({
      type: `urn:writ:refusal:${code}`,
      title: sentence,
      status: http,
      code,
      request_id: REQUEST_ID,
      reasons: [],
    })
  })

  it('I12: tells reasons and never facts', () => {
    const reason = { pointer: '/grants/0', code: 'not_narrower', detail: 'Wider.' }
    const told = problem('not_narrower', { lease: 'lease_secret' }, [reason])
    expect(told.reasons).toEqual([reason])
    expect(JSON.stringify(told)).not.toContain('lease_secret')
  })

  it.each([
    [31, 31],
    [32, 32],
    [33, 32],
    [1_000, 32],
  ])('of %d reasons it tells %d', (given, told) => {
    const reasons = Array.from({ length: given }, (_, index) => {
      return { pointer: `/${index}`, code: 'x', detail: 'X.' }
    })
    expect(problem('not_narrower', {}, reasons).reasons).toEqual(reasons.slice(0, told))
  })

  it('says when to come back exactly where waiting helps', () => {
    const waiting = codes.filter(({ code }) => problem(code).retry_after_seconds !== undefined)
    expect(waiting.map(({ code }) => code)).toEqual([
      'rate_limited',
      'overloaded',
      'status_unknown',
    ])
  })

  it.each([
    [{}, 1],
    [{ retryAfterSeconds: 30 }, 30],
    [{ retryAfterSeconds: 0.2 }, 1],
    [{ retryAfterSeconds: 1.2 }, 2],
    [{ retryAfterSeconds: 0 }, 1],
    [{ retryAfterSeconds: -5 }, 1],
    [{ retryAfterSeconds: '30' }, 1],
    [{ retryAfterSeconds: null }, 1],
  ])('with the facts %j after %d s', (facts, seconds) => {
    expect(problem('rate_limited', facts).retry_after_seconds).toBe(seconds)
  })
})

describe('the headers of a problem', () => {
  it('can not be taken for the answer of an upstream', () => {
    expect(problemHeaders(problem('scope_not_granted'))).toEqual({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'Writ-Refusal': 'scope_not_granted',
      'X-Request-Id': REQUEST_ID,
      'WWW-Authenticate': 'Bearer error="insufficient_scope"',
    })
  })

  it.each(codes)('$code: a challenge with 401 and 403, and only there', ({ code, http, oauth }) => {
    const challenge = problemHeaders(problem(code))['WWW-Authenticate']
    const scheme = code === 'proof_invalid' || code === 'nonce_required' ? 'DPoP' : 'Bearer'
    expect(challenge).toBe(http === 401 || http === 403 ? `${scheme} error="${oauth}"` : undefined)
  })

  it('the challenge says where the metadata is, when it is known', () => {
    const headers = problemHeaders(problem('expired'), 'https://gateway.example/x')
    expect(headers['WWW-Authenticate']).toBe(
      'Bearer error="invalid_token", resource_metadata="https://gateway.example/x"',
    )
    expect(problemHeaders(problem('malformed'), 'https://g.example')).not.toHaveProperty(
      'WWW-Authenticate',
    )
  })

  it('Retry-After goes with retry_after_seconds', () => {
    const busy = problem('overloaded', { retryAfterSeconds: 7 })
    expect(problemHeaders(busy)['Retry-After']).toBe('7')
    expect(problemHeaders(problem('revoked'))).not.toHaveProperty('Retry-After')
  })
})
