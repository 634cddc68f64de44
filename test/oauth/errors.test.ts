import { describe, expect, it } from 'vitest'
import { REFUSALS, type RefusalCode, refuse } from '../../src/domain/refusal.ts'
import { OAUTH_ERRORS, oauthErrorOf } from '../../src/oauth/errors.ts'
import { rowsIn, textOf } from '../tidy/documents.ts'

describe('every refusal has its OAuth error', () => {
  it('and nothing else has', () => {
    expect(Object.keys(OAUTH_ERRORS)).toEqual([...REFUSALS.keys()])
  })

  it('with a status that says the same kind of thing', () => {
    for (const [code, [error, status]] of Object.entries(OAUTH_ERRORS)) {
      const { http } = REFUSALS.get(code as RefusalCode) ?? { http: 0 }
      expect([code, status >= 500], code).toEqual([code, http >= 500])
      const proof = error === 'invalid_client' || error === 'invalid_token'
      expect([code, status === 401]).toEqual([code, proof])
    }
  })

  it('as the document tells it', () => {
    const told = rowsIn(textOf('docs/faces/oauth.md', '## Errors'))
    const rows = Object.entries(OAUTH_ERRORS).map(([code, [error, status]]) => {
      return [code, error, String(status)]
    })
    expect(told).toEqual(rows)
  })

  it.each([
    ['/grant_type', 'malformed', 'unsupported_grant_type'],
    ['/grant_type', 'missing', 'invalid_request'],
    ['/scope', 'malformed', 'invalid_scope'],
    ['/resource', 'malformed', 'invalid_target'],
    ['/authorization_details/0/grants', 'malformed', 'invalid_authorization_details'],
    ['/subject_token', 'malformed', 'invalid_request'],
  ])('what is malformed at %s (%s) is %s', (pointer, code, error) => {
    const { refusal } = refuse('malformed', {}, [{ pointer, code, detail: 'x' }])
    expect(oauthErrorOf(refusal)).toEqual([error, 400])
  })

  it('a scope that is wider in audiences alone has no such target', () => {
    const at = (...pointers: readonly string[]) =>
      refuse(
        'not_narrower',
        {},
        pointers.map((pointer) => ({ pointer, code: 'not_narrower', detail: 'x' })),
      ).refusal
    expect(oauthErrorOf(at('/audiences/0'))[0]).toBe('invalid_target')
    expect(oauthErrorOf(at('/audiences/0', '/grants/0'))[0]).toBe('invalid_authorization_details')
    expect(oauthErrorOf(at())[0]).toBe('invalid_authorization_details')
  })
})
