import { describe, expect, it } from 'vitest'
import { readAssertionIssuers } from '../../../src/attestation/assertion/issuers.ts'
import { verifyAssertion } from '../../../src/attestation/assertion/verify-assertion.ts'
import type { AgentUri, CertificateThumbprint } from '../../../src/domain/ids.ts'
import {
  ASSERTION_CLIENTS_MAX,
  ASSERTION_ISSUERS_MAX,
  ASSERTION_RESOURCES_MAX,
  ASSERTION_SECONDS_MAX,
} from '../../../src/domain/limits.ts'
import { accept } from '../../../src/domain/result.ts'
import { epochSeconds } from '../../../src/domain/time.ts'
import { readForeignKeys } from '../../../src/token/foreign-keys.ts'
import { startWorkloadIssuer } from '../../support/workload-issuer.ts'

const ISSUER = `
[[issuer]]
name = "acme"
issuer = "https://id.acme.example"
jwks_url = "https://id.acme.example/keys"
clients = { "0oa1" = "planner", "0oa2" = "spiffe://other.example/agent/b" }
`

function read(text: string) {
  return readAssertionIssuers({ name: 'people.toml', text }, 'acme.example')
}

describe('whose word for a person is taken', () => {
  it('stands in a file, with their names of our agents', () => {
    const found = read(ISSUER)
    if (!found.ok) throw new Error(found.problem)
    const acme = found.issuers.get('https://id.acme.example')
    expect(acme?.algs).toEqual(['RS256'])
    expect([...(acme?.clients ?? [])]).toEqual([
      ['0oa1', 'spiffe://acme.example/agent/planner'],
      ['0oa2', 'spiffe://other.example/agent/b'],
    ])
  })

  it.each([
    ['is no TOML', '[[issuer]\n', 'not TOML'],
    ['has an unknown setting', 'x = 1\n', 'no setting x'],
    ['has an unknown key', `${ISSUER}\nrule = 1\n`, 'no key rule'],
    ['names an issuer twice', ISSUER + ISSUER, 'stands twice'],
    [
      'names an issuer over http',
      ISSUER.replace('= "https://id.acme.example"', '= "http://a"'),
      'https',
    ],
    ['names an issuer with a fragment', ISSUER.replace('.example"\n', '.example#"\n'), 'https'],
    ['names a client that is no agent', ISSUER.replace('planner', 'a b'), 'clients'],
    ['names an unknown algorithm', `${ISSUER}\nalgs = ["HS256"]\n`, 'algs'],
    ['has too many issuers', ISSUER.repeat(ASSERTION_ISSUERS_MAX + 1), 'at most'],
    [
      'has too many clients',
      ISSUER.replace(
        /clients.*/,
        `clients = { ${Array.from({ length: ASSERTION_CLIENTS_MAX + 1 }, (_, n) => `c${n} = "a"`)} }`,
      ),
      'at most',
    ],
  ])('is refused with a sentence when it %s', (_what, text, sentence) => {
    const found = read(text)
    expect(found.ok ? '' : found.problem).toContain(sentence)
  })

  it('lives no longer than its limit, and names no more resources', async () => {
    const people = await startWorkloadIssuer()
    const now = epochSeconds(Math.floor(Date.now() / 1000))
    const found = read(ISSUER.replace('= "https://id.acme.example"', `= "${people.issuer}"`))
    const trusted = found.ok ? found.issuers.get(people.issuer) : undefined
    const keys = await readForeignKeys(JSON.parse(people.answer.body), ['RS256'])
    const key = keys.ok ? keys.value.get(people.kid()) : undefined
    if (trusted === undefined || key === undefined) throw new Error('there is an issuer')
    const issuers = new Map([[people.issuer, { trusted, keys: { find: async () => accept(key) } }]])
    const uri = 'spiffe://acme.example/agent/planner' as AgentUri
    const bearer = { uri, certificate: '' as CertificateThumbprint, key: undefined }
    const audience = 'https://us.example'
    const told = async (claims: object) => {
      const sound = { iat: now, exp: now + 60, aud: audience, sub: 'dana', client_id: '0oa1' }
      const text = await people.token({ ...sound, ...claims }, { typ: 'oauth-id-jag+jwt' })
      const person = await verifyAssertion(text, bearer, { issuers, audience, now })
      return person.ok ? person.value.subject : person.refusal.code
    }
    const dana = `${people.issuer}#dana`
    expect(await told({ exp: now + ASSERTION_SECONDS_MAX })).toBe(dana)
    expect(await told({ exp: now + ASSERTION_SECONDS_MAX + 1 })).toBe('expired')
    const resources = (length: number) => Array.from({ length }, (_, n) => `https://${n}.example`)
    expect(await told({ resource: resources(ASSERTION_RESOURCES_MAX) })).toBe(dana)
    expect(await told({ resource: resources(ASSERTION_RESOURCES_MAX + 1) })).toBe('malformed')
    expect(await told({ resource: [] })).toBe('malformed')
    await people.stop()
  })
})
