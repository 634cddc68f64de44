import { readFileSync } from 'node:fs'
import { importJWK, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { epochSeconds } from '../../src/domain/time.ts'
import { readPublishedKeys } from '../../src/token/jwks.ts'
import type { KeySource } from '../../src/token/key.ts'
import { parseToken, verifyToken } from '../../src/token/verify.ts'
import { verifyToken as verifyTokenByWebCrypto } from '../../src/token/verify-web.ts'
import type { VectorCase } from '../vectors/case.ts'
import { tokensDocument } from '../vectors/document.ts'

const text = readFileSync(new URL('../vectors/tokens.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as {
  issuer: string
  jwks: { keys: { kid: string; alg: string }[] }
  count: number
  cases: VectorCase[]
}

async function publishedKeys(): Promise<KeySource> {
  const read = await readPublishedKeys(document.jwks)
  if (!read.ok) throw new Error('the published keys are sound')
  return read.value
}

async function answerTo(one: VectorCase, verify: typeof verifyToken): Promise<object> {
  const parsed = parseToken(one.token, one.kind)
  const { audience } = one
  const now = epochSeconds(one.now)
  const verified = parsed.ok
    ? await verify(parsed.value, {
        keys: await publishedKeys(),
        issuer: document.issuer,
        audience,
        now,
      })
    : parsed
  if (verified.ok) return { expect: 'accepted' }
  const { code, reasons } = verified.refusal
  const pointer = reasons[0]?.pointer
  return one.pointer === undefined ? { expect: code } : { expect: code, pointer }
}

describe('golden vectors', () => {
  test('the file is what its script makes from fixed seeds', () => {
    expect(tokensDocument()).toBe(text)
  })

  test('there are hundreds of attacks, each under its own name', () => {
    const names = document.cases.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(document.count).toBe(names.length)
    expect(document.cases.filter(({ expect }) => expect !== 'accepted').length).toBeGreaterThan(300)
  })

  test('no two attacks are the same token at the same moment, and none is a sound one', () => {
    const asked = document.cases.map(({ kind, audience, now, token }) =>
      JSON.stringify({ kind, audience, now, token }),
    )
    expect(new Set(asked).size).toBe(asked.length)
  })

  test.each(document.cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { expect: expected, pointer } = one
    const answer = pointer === undefined ? { expect: expected } : { expect: expected, pointer }
    expect(await answerTo(one, verifyToken)).toEqual(answer)
    expect(await answerTo(one, verifyTokenByWebCrypto)).toEqual(answer)
  })

  test('what is accepted satisfies an independent implementation', async () => {
    for (const { token, audience, now, kind, expect: expected } of document.cases) {
      if (expected !== 'accepted') continue
      const key = document.jwks.keys.find(({ kid }) => token.startsWith(headOf(kid, kind, token)))
      if (key === undefined) throw new Error('every sound token names a published key')
      await jwtVerify(token, await importJWK(key), {
        issuer: document.issuer,
        audience,
        typ: `writ-${kind}+jwt`,
        algorithms: [key.alg],
        currentDate: new Date(now * 1000),
        clockTolerance: 30,
        requiredClaims: ['sub', 'iat', 'nbf', 'exp', 'jti', 'client_id', 'cnf'],
      })
    }
  })
})

function headOf(kid: string, kind: string, token: string): string {
  const { alg } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
  const header = JSON.stringify({ alg, typ: `writ-${kind}+jwt`, kid })
  return `${Buffer.from(header).toString('base64url')}.`
}
