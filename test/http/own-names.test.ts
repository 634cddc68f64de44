import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_TENANT } from '../../src/domain/ids.ts'
import { accept } from '../../src/domain/result.ts'
import { hashSecret } from '../../src/usecases/bearer-secret.ts'
import { makeRoleToken } from '../../src/usecases/people/operators.ts'
import { credentialBody } from '../support/credential-examples.ts'
import { arrive, invite, register } from '../support/enrollment.ts'
import { type Deployment, openDeployment, type Seen } from '../support/http.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment()
})
afterAll(() => site.close())

/** Refused as a name that is not its own, with a detail for people. */
function notItsOwn(seen: Seen, detail: RegExp): void {
  expect([seen.status, seen.json.code]).toEqual([409, 'conflict'])
  expect(seen.json.reasons).toMatchObject([{ pointer: '/name', code: 'name_taken' }])
  expect(seen.json.reasons[0].detail).toMatch(detail)
}

describe('names of people', () => {
  const add = (name: string, role = 'operator') =>
    site.owner.ask('POST', '/v1/operators', { body: { name, role } })

  it('differ in more than the case of letters, also from those of people who left', async () => {
    expect((await add('Alice')).status).toBe(201)
    notItsOwn(await add('alice', 'owner'), /capital letters alone/)
    expect((await site.owner.ask('DELETE', '/v1/operators/Alice')).status).toBe(204)
    notItsOwn(await add('ALICE'), /capital letters alone/)
    notItsOwn(await add('Alice'), /is or was in use/)
    notItsOwn(await add('Owner'), /capital letters alone/)
    expect((await add('alice-2')).status).toBe(201)
  })

  it.each(['authority', 'Authority', 'stranger', 'gateway', 'agent', 'SYSTEM', 'writ'])(
    'are not those of Writ itself: %s',
    async (name) => notItsOwn(await add(name), /Writ itself/),
  )

  it('of two that come at once and differ in case, one is made', async () => {
    const seen = await Promise.all(['Carol', 'carol', 'CAROL'].map((name) => add(name)))
    expect(seen.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  })

  it('that were there before go on', async () => {
    const token = makeRoleToken('operator')
    const person = { tenant: DEFAULT_TENANT, role: 'operator', certificate: null } as const
    await site.world.store.decide(async (tx) => {
      const named = { name: 'authority', tokenHash: hashSecret(token) }
      const dates = { createdAt: tx.now, revokedAt: null }
      await tx.insertRoleCredential({ ...person, ...named, ...dates })
      const request = site.world.ids.request()
      const by = { tenant: DEFAULT_TENANT, actor: 'authority', request, lease: null } as const
      const record = { event: 'operator.created', outcome: 'allowed', ...by, facts: {} } as const
      return { result: accept(undefined), record }
    })
    expect((await site.bearer(token).ask('GET', '/v1/agents')).status).toBe(200)
  })
})

describe('names of agents', () => {
  it('differ in more than the case of letters; the trail tells each by its whole id', async () => {
    await site.enroll('Scout')
    await expect(site.enroll('scout')).rejects.toThrow('capital letters alone')
    await expect(site.enroll('SCOUT')).rejects.toThrow('name_taken')
    expect((await site.enroll('scout', { role: 'enforcement' })).uri).toContain('/gateway/scout')
    await expect(site.enroll('authority')).resolves.toMatchObject({ name: 'authority' })
  })

  it('are held against each other when an agent registers', async () => {
    await site.enroll('Courier')
    const arrival = await arrive('courier')
    const { guest } = await invite(site)
    notItsOwn(await register(guest, arrival), /capital letters alone/)
  })
})

describe('names of credentials', () => {
  it('are in small letters, and so are environments: there is nothing to confuse', async () => {
    for (const more of [{ name: 'GitHub' }, { environment: 'Production' }]) {
      const body = { ...credentialBody('github-names'), ...more }
      const seen = await site.owner.ask('POST', '/v1/credentials', { body })
      expect([seen.status, seen.json.code]).toEqual([400, 'malformed'])
    }
  })
})
