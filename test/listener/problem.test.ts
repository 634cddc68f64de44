import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../src/admission/problem.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import { REASONS_MAX } from '../../src/domain/limits.ts'
import { REFUSALS, refuse } from '../../src/domain/refusal.ts'
import { problemOut } from '../../src/http/schemas/problem.ts'
import type { HttpEnv } from '../../src/listener/context.ts'
import { refused } from '../../src/listener/problem.ts'

const REQUEST = 'req_AAAAAAAAAAAAAAAAAAAAAA' as RequestId

async function answerTo(refusal: ReturnType<typeof refuse>['refusal']): Promise<Response> {
  const app = new Hono<HttpEnv>()
  app.get('/', (c) => {
    c.set('requestId', REQUEST)
    return refused(c, refusal)
  })
  return app.request('/')
}

describe('problem documents', () => {
  for (const [code, entry] of REFUSALS) {
    it(`tells ${code} by its row of the table and nothing of its facts`, async () => {
      const { refusal } = refuse(code, { lease: 'a secret fact' })
      const response = await answerTo(refusal)
      expect(response.status).toBe(entry.http)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('writ-refusal')).toBe(code)
      const challenged = entry.http === 401 || entry.http === 403
      const scheme = code === 'proof_invalid' || code === 'nonce_required' ? 'DPoP' : 'Bearer'
      const expected = challenged ? `${scheme} error="${entry.oauth}"` : null
      expect(response.headers.get('www-authenticate')).toBe(expected)
      const text = await response.text()
      expect(text).not.toContain('secret fact')
      const problem = problemOut.parse(JSON.parse(text))
      expect(problem).toMatchObject({
        type: `urn:writ:refusal:${code}`,
        title: entry.sentence,
        status: entry.http,
        code,
        request_id: REQUEST,
        reasons: [],
      })
    })
  }

  it('tells when to come back where waiting can help, and only there', async () => {
    const limited = await answerTo(refuse('rate_limited', { retryAfterSeconds: 6.2 }).refusal)
    expect(limited.headers.get('retry-after')).toBe('7')
    expect(await limited.json()).toMatchObject({ retry_after_seconds: 7 })
    const unknown = await answerTo(refuse('status_unknown').refusal)
    expect(unknown.headers.get('retry-after')).toBe('1')
    const forbidden = await answerTo(refuse('forbidden', { retryAfterSeconds: 5 }).refusal)
    expect(forbidden.headers.get('retry-after')).toBeNull()
  })

  it('keeps the number of reasons within bounds', () => {
    const reasons = Array.from({ length: 500 }, (_, i) => ({
      pointer: `/${i}`,
      code: 'x',
      detail: 'y',
    }))
    expect(problemOf(refuse('malformed', {}, reasons).refusal, REQUEST).reasons).toHaveLength(
      REASONS_MAX,
    )
  })
})
