import { publish } from '../../src/token/jwks.ts'
import type { VectorCase } from './case.ts'
import { acceptedCases } from './cases/accepted.ts'
import { claimCases } from './cases/claims.ts'
import { headerCases } from './cases/header.ts'
import { lineageCases } from './cases/lineage.ts'
import { payloadJsonCases } from './cases/payload-json.ts'
import { spellingCases } from './cases/spelling.ts'
import { verificationCases } from './cases/verification.ts'
import { ISSUER, PUBLISHED_KEYS } from './material.ts'

/** All vectors of tokens, in order. */
export function tokenCases(): readonly VectorCase[] {
  return [
    ...acceptedCases(),
    ...spellingCases(),
    ...headerCases(),
    ...payloadJsonCases(),
    ...claimCases(),
    ...lineageCases(),
    ...verificationCases(),
  ]
}

/** The text of `tokens.json`: one document that any implementation can run. */
export function tokensDocument(): string {
  const about = [
    'Tokens of Writ and what a verifier has to answer. Verify each `token` as a token of `kind`,',
    'with the keys of `jwks`, for `issuer`, the `audience` of the case, at `now` (epoch seconds).',
    '`expect` is `accepted` or the refusal code; when several apply, the earliest of the refusal',
    'table. `pointer` (RFC 6901, into the payload) is where we see a `malformed` one; telling it',
    'is optional. Parsing and verification only: no peer, no scope, no spending.',
  ].join(' ')
  const cases = tokenCases()
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`).join(',\n')
  const head = { about, issuer: ISSUER, jwks: publish(PUBLISHED_KEYS), count: cases.length }
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "cases": [\n${lines}\n  ]\n}\n`
}
