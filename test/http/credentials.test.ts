import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CredentialKey } from '../../src/domain/credential.ts'
import { DEFAULT_TENANT, type PrincipalId } from '../../src/domain/ids.ts'
import { CREDENTIAL_VERSIONS_KEPT } from '../../src/domain/limits.ts'
import { credentialBody } from '../support/credential-examples.ts'
import { type Asker, type Deployment, openDeployment, type Seen } from '../support/http.ts'

const CANARIES = ['sk_live_canary_alpha_7c41', 'pg_canary_beta_90ee', 'ghp_canary_gamma_2b6d']
const [ALPHA = '', BETA = '', GAMMA = ''] = CANARIES

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

const at = (name: string, suffix = '') => `/v1/credentials/${encodeURIComponent(name)}${suffix}`
const keyOf = (name: string, owner: string | null = null): CredentialKey => ({
  ...{ tenant: DEFAULT_TENANT, name, environment: 'production' },
  owner: owner as PrincipalId | null,
})

async function create(name: string, more: object = {}, as: Asker = site.owner): Promise<Seen> {
  return as.ask('POST', '/v1/credentials', { body: credentialBody(name, more) })
}

async function opened(key: CredentialKey): Promise<string> {
  const credential = await site.world.store.read((reads) => reads.credential(key))
  if (credential === undefined) return 'none'
  const found = await site.world.vault.open(credential)
  if (!found.ok) return `${found.refusal.code} ${found.refusal.facts['reason']}`
  const text = found.value.fields['value']?.use(String) ?? ''
  found.value.drop()
  return text
}

async function records(event: string): Promise<readonly string[]> {
  const seen = await site.owner.ask('GET', '/v1/audit/export')
  return seen.text.split('\n').filter((line) => line.includes(event))
}

describe('credentials', () => {
  it('KS-18: are put in, used, rotated and taken out, each with a record of who and what', async () => {
    const made = await create('life/one', { fields: { value: ALPHA } })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({ name: 'life/one', version: 1, state: 'active', owner: null })
    expect(await opened(keyOf('life/one'))).toBe(ALPHA)
    await site.owner.ask('POST', at('life/one', '/rotate'), { body: { fields: { value: BETA } } })
    await site.owner.ask('POST', at('life/one', '/rollback'), { body: { version: 1 } })
    await site.owner.ask('PATCH', at('life/one'), { body: { state: 'disabled' } })
    await site.owner.ask('PATCH', at('life/one'), { body: { state: 'active' } })
    const gone = await site.owner.ask('DELETE', at('life/one'))
    expect(gone.status).toBe(204)
    expect((await site.owner.ask('GET', at('life/one'))).status).toBe(404)
    for (const word of ['created', 'rotated', 'rolled_back', 'disabled', 'changed', 'removed']) {
      const found = await records(`credential.${word}`)
      expect([word, found.length]).toEqual([word, 1])
      expect(found[0]).toContain('life/one')
      expect(found[0]).toContain('owner:owner')
    }
  })

  it('KS-09: a rotation counts for the next use, and a rollback brings the old one back', async () => {
    await create('turning', { fields: { value: ALPHA } })
    const rotated = await site.owner.ask('POST', at('turning', '/rotate'), {
      body: { fields: { value: BETA } },
    })
    expect([rotated.json.version, await opened(keyOf('turning'))]).toEqual([2, BETA])
    await site.owner.ask('POST', at('turning', '/rollback'), { body: { version: 1 } })
    expect(await opened(keyOf('turning'))).toBe(ALPHA)
    const again = await site.owner.ask('POST', at('turning', '/rotate'), {
      body: { fields: { value: GAMMA } },
    })
    expect([again.json.version, await opened(keyOf('turning'))]).toEqual([3, GAMMA])
    const now = await site.operator.ask('GET', at('turning'))
    expect(now.json.versions.map((one: { version: number }) => one.version)).toEqual([3, 2, 1])
  })

  it('keep the newest CREDENTIAL_VERSIONS_KEPT versions, and what is gone can not come back', async () => {
    await create('often')
    for (let round = 0; round < CREDENTIAL_VERSIONS_KEPT; round += 1) {
      const body = { fields: { value: `canary_round_${round}` } }
      await site.owner.ask('POST', at('often', '/rotate'), { body })
    }
    const now = await site.owner.ask('GET', at('often'))
    expect(now.json.versions).toHaveLength(CREDENTIAL_VERSIONS_KEPT)
    const back = await site.owner.ask('POST', at('often', '/rollback'), { body: { version: 1 } })
    expect([back.status, back.json.code]).toEqual([404, 'not_found'])
  })

  it('disabled: not to be had by the next use, and the owner can bring it back', async () => {
    await create('paused', { fields: { value: ALPHA } })
    const off = await site.owner.ask('PATCH', at('paused'), { body: { state: 'disabled' } })
    expect([off.status, off.json.state]).toEqual([200, 'disabled'])
    expect(await opened(keyOf('paused'))).toBe('credential_unavailable disabled')
    await site.owner.ask('PATCH', at('paused'), { body: { state: 'active' } })
    expect(await opened(keyOf('paused'))).toBe(ALPHA)
  })

  it('KS-19: of one name stand apart by environment', async () => {
    await create('apart', { fields: { value: ALPHA } })
    await create('apart', { fields: { value: BETA }, environment: 'staging' })
    const production = keyOf('apart')
    expect(await opened(production)).toBe(ALPHA)
    expect(await opened({ ...production, environment: 'staging' })).toBe(BETA)
    expect(await opened({ ...production, environment: 'test' })).toBe('none')
    const listed = await site.operator.ask('GET', '/v1/credentials?environment=staging')
    expect(listed.json.items.map((item: { name: string }) => item.name)).toEqual(['apart'])
    await site.owner.ask('DELETE', at('apart', '?environment=staging'))
    expect(await opened(production)).toBe(ALPHA)
  })

  it('PROXY-43: a principal’s own comes before the shared one, and is written by it alone', async () => {
    await create('mine', { fields: { value: ALPHA } })
    const own = await create('mine', { owner: 'owner', fields: { value: BETA } })
    expect(own.status).toBe(201)
    expect(await opened(keyOf('mine', 'owner'))).toBe(BETA)
    expect(await opened(keyOf('mine', 'bob'))).toBe(ALPHA)

    const added = await site.owner.ask('POST', '/v1/operators', {
      body: { name: 'bob', role: 'owner' },
    })
    const bob = site.bearer(added.json.token)
    const planted = await create('mine', { owner: 'owner', environment: 'staging' }, bob)
    expect([planted.status, planted.json.code]).toEqual([403, 'forbidden'])
    const mine = at('mine', '?owner=owner')
    const no: readonly (readonly [string, string, object])[] = [
      ['POST', at('mine', '/rotate?owner=owner'), { fields: { value: GAMMA } }],
      ['POST', at('mine', '/rollback?owner=owner'), { version: 1 }],
      ['PATCH', mine, { origins: ['https://evil.example'] }],
      ['PATCH', mine, { state: 'disabled', origins: ['https://evil.example'] }],
    ]
    for (const [method, path, body] of no) {
      expect((await bob.ask(method, path, { body })).status).toBe(403)
    }
    expect(await opened(keyOf('mine', 'owner'))).toBe(BETA)
    const off = await bob.ask('PATCH', mine, { body: { state: 'disabled' } })
    expect(off.status).toBe(200)
    expect(await opened(keyOf('mine', 'owner'))).toBe('credential_unavailable disabled')
    expect((await bob.ask('DELETE', mine)).status).toBe(204)
  })

  it('are for owners to write; operators see what there is, and never more', async () => {
    await create('seen')
    expect((await create('other', {}, site.operator)).status).toBe(403)
    for (const [method, suffix, body] of [
      ['POST', '/rotate', { fields: { value: 'x' } }],
      ['POST', '/rollback', { version: 1 }],
      ['PATCH', '', { state: 'disabled' }],
      ['DELETE', '', undefined],
    ] as const) {
      const seen = await site.operator.ask(method, at('seen', suffix), body ? { body } : {})
      expect([method, suffix, seen.status]).toEqual([method, suffix, 403])
    }
    expect((await site.operator.ask('GET', at('seen'))).status).toBe(200)
  })

  it('a name and its key are taken once', async () => {
    await create('once')
    expect((await create('once')).json.code).toBe('conflict')
    expect((await create('once', { environment: 'staging' })).status).toBe(201)
  })

  const malformed: readonly (readonly [string, object, string])[] = [
    ['no secret', { fields: undefined }, ''],
    ['secret and reference', { reference: 'a' }, ''],
    ['a reference into our own store', { fields: undefined, reference: 'a' }, '/reference'],
    [
      'a backend that is not set up',
      { fields: undefined, backend: 'vault_kv', reference: 'a' },
      '/backend',
    ],
    ['a line end in a header', { fields: { value: 'canary-a\r\nb' } }, '/fields/value'],
    ['a part of another name', { fields: { password: 'a' } }, '/fields'],
    ['nowhere to go', { origins: [] }, '/origins'],
    ['a placement of another kind', { placement: { in: 'query', name: 'q' } }, '/placement'],
    ['an unknown member', { secret: ALPHA }, '/secret'],
  ]
  it.each(malformed)('%s is refused where it stands', async (_name, more, pointer) => {
    const seen = await create('never', more)
    expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    expect(seen.json.reasons[0].pointer).toBe(pointer)
    expect(seen.text).not.toContain(ALPHA)
  })

  it('what could never be sent is refused by a rotation too, with the reason and none of it', async () => {
    await create('steady', { fields: { value: ALPHA } })
    for (const value of ['canary', 'canary-one\n', 'canary-öne', 'canary one']) {
      const body = { fields: { value } }
      const seen = await site.owner.ask('POST', at('steady', '/rotate'), { body })
      expect([seen.status, seen.json.reasons[0].pointer]).toEqual([400, '/fields/value'])
      expect(seen.json.reasons[0].detail).toMatch(/^A secret that /)
      expect(seen.text + site.lines.join('')).not.toContain('canary')
    }
    expect(await opened(keyOf('steady'))).toBe(ALPHA)
  })

  it('a row that was changed behind our back is neither opened nor made good by a rotation', async () => {
    await create('bent', { fields: { value: ALPHA } })
    const credential = await site.world.store.read((reads) => reads.credential(keyOf('bent')))
    if (credential === undefined) throw new Error('there is none')
    await site.world.store.decide(async (tx) => {
      await tx.updateCredential({ ...credential, origins: ['https://evil.example'] })
      const request = site.world.ids.request()
      const facts = { event: 'credential.changed', outcome: 'allowed', lease: null } as const
      const record = { ...facts, tenant: DEFAULT_TENANT, actor: 'authority', request } as const
      return { result: { ok: true, value: undefined }, record: { ...record, facts: {} } }
    })
    expect(await opened(keyOf('bent'))).toBe('credential_unavailable altered')
    for (const [method, suffix, body] of [
      ['POST', '/rotate', { fields: { value: BETA } }],
      ['POST', '/rollback', { version: 1 }],
      ['PATCH', '', { requires_approval: true }],
    ] as const) {
      const seen = await site.owner.ask(method, at('bent', suffix), { body })
      expect([seen.status, seen.json.code]).toEqual([503, 'credential_unavailable'])
    }
    expect((await site.owner.ask('DELETE', at('bent'))).status).toBe(204)
  })
})

describe('what was put in is not to be found', () => {
  const spellings = CANARIES.flatMap((canary) =>
    (['utf8', 'base64', 'base64url', 'hex'] as const).map((encoding) =>
      Buffer.from(canary).toString(encoding).replace(/=+$/, ''),
    ),
  )
  const expectNone = (text: string) => {
    for (const spelling of spellings) expect(text.includes(spelling)).toBe(false)
  }

  beforeAll(async () => {
    for (const [index, value] of CANARIES.entries()) {
      const kind = index === 1 ? 'connection_string' : 'api_key'
      const made = await create(`canary/${index}`, { kind, fields: { value } })
      expect(made.status).toBe(201)
      expectNone(made.text)
      await site.owner.ask('POST', at(`canary/${index}`, '/rotate'), {
        body: { fields: { value } },
      })
      await create(`canary/${index}`, { kind, fields: { value } })
      await create(`canary/${index}`, { fields: { value, surplus: value } })
      await site.owner.ask('POST', '/v1/credentials', { raw: `{"fields":{"value":"${value}"` })
      await site.operator.ask('POST', '/v1/credentials', { body: { fields: { value } } })
      site.faults.push(new Error('the store broke'))
      await create(`canary/${index}`, { fields: { value } })
    }
  })

  it('PROXY-23: in no answer, not even to the owner', async () => {
    const paths = ['/v1/credentials', ...CANARIES.map((_, index) => at(`canary/${index}`))]
    for (const path of paths) {
      for (const asker of [site.owner, site.operator]) {
        const seen = await asker.ask('GET', path)
        expect(seen.status).toBe(200)
        expectNone(seen.text)
        expect(seen.text).not.toMatch(/sealed|mark/)
      }
    }
  })

  it('I12, CRP-16: in no line of the log, no record and no metric', async () => {
    expect(site.lines.length).toBeGreaterThan(10)
    expectNone(site.lines.join(''))
    const trail = await site.owner.ask('GET', '/v1/audit/export')
    expect(trail.text).toContain('canary/0')
    expectNone(trail.text)
    expectNone((await site.nobody.ask('GET', '/metrics')).text)
  })

  it('KS-04: in no byte of the database, in no spelling', () => {
    const files = readdirSync(site.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    const bytes = Buffer.concat(files)
    expect(bytes.includes('canary/0')).toBe(true)
    expectNone(bytes.toString('latin1'))
  })
})
