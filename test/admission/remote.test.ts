import { describe, expect, it } from 'vitest'
import type { Presentation } from '../../src/admission/ports.ts'
import { createRemoteAdmission, type RemoteAnswer } from '../../src/admission/remote.ts'
import { REFUSALS, refuse } from '../../src/domain/refusal.ts'
import type { Grant, RequestToJudge } from '../../src/domain/scope/types.ts'
import { signToken } from '../../src/token/sign.ts'
import { CERTIFICATE, leaseId, NOW, outcome, scope, WORKER } from '../domain/samples.ts'
import { AUDIENCE, bodyOf, claims, GET, PEER, REQUEST_ID, TOKEN_KEY, token } from './rig.ts'

const SUBJECTS = [`lease:${leaseId(1)}`]
const YES = {
  record: { chain: 'chain-a', sequence: 7 },
  lease_ends_at: '2027-01-15T08:00:00.900Z',
  subjects: SUBJECTS,
}
const POST: RequestToJudge = {
  type: 'http',
  method: 'POST',
  target: 'https://api.example.com/repos/acme',
}

/** A service whose authority answers so; `sent` is what it was asked. */
function service(answer: RemoteAnswer | Error = { status: 200, json: YES }) {
  const sent: unknown[] = []
  const admit = createRemoteAdmission({
    audience: AUDIENCE,
    async post(path, body, requestId) {
      sent.push({ path, body, requestId })
      if (answer instanceof Error) throw answer
      return answer
    },
  })
  return {
    sent,
    present: (text: string, changed: Partial<Presentation> = {}) =>
      admit({ token: text, peer: PEER, request: GET, requestId: REQUEST_ID, ...changed }),
  }
}

function ruled(): Grant[] {
  return scope().grants.map((grant) =>
    grant.type === 'http' ? { ...grant, body: { max_bytes: 9 } } : grant,
  )
}

describe('admission by asking the authority', () => {
  it('sends the one call as it is, and who the TLS peer is (I8)', async () => {
    const asking = service()
    const text = await token()
    await asking.present(text)
    expect(asking.sent).toEqual([
      {
        path: '/v1/tokens/redeem',
        requestId: REQUEST_ID,
        body: {
          token: text,
          audience: AUDIENCE,
          request: GET,
          peer: { uri: WORKER, certificate_thumbprint: CERTIFICATE },
        },
      },
    ])
  })

  it('a clear yes admits, for the whole second in which the lease still stands', async () => {
    const claimed = claims()
    const result = await service().present(await signToken(TOKEN_KEY, claimed))
    expect(result).toEqual({
      ok: true,
      value: {
        claims: claimed,
        peer: PEER,
        record: { chain: 'chain-a', sequence: 7 },
        leaseEndsAt: NOW,
        subjects: SUBJECTS,
      },
    })
  })

  it('what is no token is not asked about', async () => {
    const asking = service()
    expect(outcome(await asking.present('no token'))).toBe('malformed')
    expect(asking.sent).toEqual([])
  })

  it('tells which rate a call is under, and with a refusal when to come again', async () => {
    const rate = { limit: 5, remaining: 2, per_seconds: 60, reset_seconds: 9 }
    const left = { limit: 5, remaining: 2, perSeconds: 60, resetSeconds: 9 }
    const yes = { status: 200, json: { ...YES, rate } }
    expect(await service(yes).present(await token())).toMatchObject({ value: { rate: left } })
    const json = { code: 'rate_limited', retry_after_seconds: 9, rate: { ...rate, remaining: 0 } }
    const no = await service({ status: 429, json }).present(await token())
    const facts = { limit: 5, perSeconds: 60, retryAfterSeconds: 9 }
    expect(no).toEqual(refuse('rate_limited', facts))
    const odd = { status: 200, json: { ...YES, rate: { ...rate, remaining: -1 } } }
    expect(await service(odd).present(await token())).not.toHaveProperty('value.rate')
  })

  it.each([...REFUSALS.keys()])('the refusal %s is told as it came', async (code) => {
    const answer = { status: REFUSALS.get(code)?.http ?? 0, json: { code } }
    expect(await service(answer).present(await token())).toEqual(refuse(code))
  })
})

describe('whatever is not a clear yes is a no', () => {
  const unclear: readonly (readonly [string, RemoteAnswer])[] = [
    ['a refusal nobody knows', { status: 403, json: { code: 'not_today' } }],
    ['a refusal without a code', { status: 500, json: {} }],
    ['a code that is no text', { status: 500, json: { code: 7 } }],
    ['a code of the prototype', { status: 500, json: { code: 'constructor' } }],
    ['no JSON', { status: 502, json: undefined }],
    ['null', { status: 200, json: null }],
    ['a yes without anything', { status: 200, json: {} }],
    ['a yes without a record', { status: 200, json: { ...YES, record: undefined } }],
    ['a yes without a chain', { status: 200, json: { ...YES, record: { sequence: 7 } } }],
    ['a yes without a sequence', { status: 200, json: { ...YES, record: { chain: 'a' } } }],
    ['a yes without an end', { status: 200, json: { ...YES, lease_ends_at: undefined } }],
    ['a yes whose end is no time', { status: 200, json: { ...YES, lease_ends_at: 'soon' } }],
    ['a yes whose end is a number', { status: 200, json: { ...YES, lease_ends_at: 7 } }],
    ['a yes without subjects', { status: 200, json: { ...YES, subjects: 'all' } }],
    ['a yes with another status', { status: 201, json: YES }],
    ['a redirect', { status: 302, json: YES }],
  ]

  it.each(unclear)('%s', async (_sentence, answer) => {
    expect(await service(answer).present(await token())).toEqual(
      refuse('status_unknown', { answer: 'not understood' }),
    )
  })

  it('no answer, and an end before all time', async () => {
    const away = service(new Error('the authority is away'))
    expect(await away.present(await token())).toEqual(
      refuse('status_unknown', { cause: 'Error: the authority is away' }),
    )
    const ancient = { status: 200, json: { ...YES, lease_ends_at: '1900-01-01T00:00:00Z' } }
    expect(outcome(await service(ancient).present(await token()))).toBe('status_unknown')
  })
})

describe('the body goes along when the token asks about it', () => {
  const body = bodyOf('{}')
  const readBody = async () => ({ ok: true, value: body }) as const
  const told = { media_type: 'application/json', bytes: 2, text: '{}' }
  const tool = { type: 'tool', server: 'https://m.example/mcp', tool: 'x', arguments: {} } as const

  it.each([
    ['a rule of the scope', { scope: scope({ grants: ruled() }) }, POST, true],
    ['a digest of the pin', { pin: { ...POST, bodyDigest: body.digest } }, POST, true],
    ['a pin without a digest', { pin: { method: 'POST', target: POST.target } }, POST, false],
    ['neither', {}, POST, false],
    ['a rule on http while a tool is called', { scope: scope({ grants: ruled() }) }, tool, false],
  ] as const)('%s', async (_sentence, changed, request, along) => {
    const asking = service()
    const { type: _, ...pin } = ('pin' in changed ? changed.pin : {}) as { type?: string }
    const claimed = 'pin' in changed ? { ...changed, pin } : changed
    await asking.present(await token(claimed as object), { request, readBody })
    const sent = along ? { ...request, body: told } : request
    expect(asking.sent).toMatchObject([{ body: { request: sent } }])
    expect(JSON.stringify(asking.sent).includes('"text"')).toBe(along)
  })

  it('a body that can not be read is a no, and nothing is asked', async () => {
    const asking = service()
    const text = await token({ scope: scope({ grants: ruled() }) })
    expect(await asking.present(text, { request: POST })).toEqual(
      refuse('request_mismatch', { body: 'unread' }),
    )
    const large = async () => refuse('too_large')
    expect(outcome(await asking.present(text, { request: POST, readBody: large }))).toBe(
      'too_large',
    )
    expect(asking.sent).toEqual([])
  })
})
