import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ENROLLMENT_SECONDS_DEFAULT,
  ENROLLMENT_SECONDS_MAX,
  PLATFORM_CHARACTERS_MAX,
  REGISTRATION_COLLECT_SECONDS,
  REGISTRATION_PENDING_SECONDS,
} from '../../src/domain/limits.ts'
import { makeRoleToken } from '../../src/usecases/people/operators.ts'
import { arrive, invite, register, registrationBody, waiting } from '../support/enrollment.ts'
import { CONTRACT, type Deployment, NARROW, openDeployment, type Seen } from '../support/http.ts'

let site: Deployment

beforeAll(async () => {
  site = await openDeployment({ enrollmentTriesMax: 10_000 })
})
afterAll(() => site.close())

const code = ({ status, json }: Seen) => [status, json.code]
let serial = 0
const fresh = () => {
  serial += 1
  return `guest-${serial}`
}

const approve = (path: string, body: object = { contract: CONTRACT }) =>
  site.owner.ask('POST', `${path}/approve`, { body })

describe('LEASH enrollment', () => {
  it('LEASH-10 to 13: token, registration, approval, certificate, and then a lease', async () => {
    const name = fresh()
    const arrival = await arrive(name)
    const invitation = await invite(site)
    const fingerprint = 'A'.repeat(43)
    const said = { hostname: 'laptop', platform: 'linux x64', binary_fingerprint: fingerprint }
    const registered = await register(invitation.guest, arrival, said)
    expect(registered.status).toBe(201)
    const { id } = registered.json
    const looked = await site.owner.ask('GET', `/v1/registrations/${id}`)
    expect(looked.json).toMatchObject({
      name,
      owner: 'owner',
      state: 'pending',
      attestation: { tier: 'warning', method: 'mtls' },
      self_reported: { ...said, agent_type: null, machine_fingerprint: null },
      contract: null,
    })
    const guest = await waiting(site, await arrive(fresh()))
    expect(
      code(await guest.guest.ask('POST', `${guest.path}/certificate`, { body: guest.collect })),
    ).toEqual([403, 'approval_required'])
    const terms = { approval_mode: 'auto_within_contract' }
    const approved = await approve(guest.path, { contract: CONTRACT, terms })
    expect(approved.json).toMatchObject({ state: 'approved', terms })
    const own = await guest.guest.ask('GET', '/v1/registrations/self')
    expect(own.json.state).toBe('approved')
    const collected = await guest.guest.ask('POST', `${guest.path}/certificate`, {
      body: guest.collect,
    })
    expect(collected.status).toBe(201)
  })

  it('LEASH-13: the certificate opens the mTLS listener, and a lease under the contract', async () => {
    const arrival = await arrive(fresh())
    const { path, guest, collect: body } = await waiting(site, arrival)
    const terms = { approval_mode: 'auto_within_contract' }
    await approve(path, { contract: CONTRACT, terms })
    const collected = await guest.ask('POST', `${path}/certificate`, { body })
    const peer = site.peer({ cert: collected.json.certificate, key: arrival.key })
    const connection = await peer.ask('GET', '/v1/connection')
    expect(connection.json).toMatchObject({ state: 'active', owner: 'owner', contract_version: 1 })
    const opened = await peer.ask('POST', '/v1/leases', { body: { scope: NARROW } })
    expect(opened.status).toBe(201)
  })

  it('LEASH-19: who says nothing of terms is asked each time', async () => {
    const { path } = await waiting(site, await arrive(fresh()))
    expect((await approve(path)).json.terms.approval_mode).toBe('per_request')
    const other = await waiting(site, await arrive(fresh()))
    const terms = { categories: ['api_key'] }
    const approved = await approve(other.path, { contract: CONTRACT, terms })
    expect(approved.json.terms).toMatchObject({ approval_mode: 'per_request', ...terms })
  })

  it('LEASH-17: an invitation says nothing of permissions, and takes none', async () => {
    const body = { contract: CONTRACT }
    expect(code(await site.owner.ask('POST', '/v1/enrollments', { body }))).toEqual([
      400,
      'malformed',
    ])
  })

  it('LEASH-15: a token is over after two minutes, and none is made for long', async () => {
    const { guest, id } = await invite(site)
    const body = { ttl_seconds: ENROLLMENT_SECONDS_MAX + 1 }
    expect((await site.owner.ask('POST', '/v1/enrollments', { body })).status).toBe(400)
    site.advance(ENROLLMENT_SECONDS_DEFAULT)
    expect(code(await register(guest, await arrive(fresh())))).toEqual([401, 'unauthenticated'])
    expect((await site.owner.ask('GET', `/v1/enrollments/${id}`)).json.state).toBe('expired')
  })

  it('unknown, used and ended tokens look alike', async () => {
    const used = await invite(site)
    await register(used.guest, await arrive(fresh()))
    const ended = await invite(site, 1)
    site.advance(1)
    const unknown = site.bearer(makeRoleToken('owner').replace('writ_owner_', 'writ_enroll_'))
    const seen = []
    for (const guest of [used.guest, ended.guest, unknown]) {
      const { status, json } = await guest.ask('POST', '/v1/registrations/begin')
      seen.push({ status, ...json, request_id: '', instance: '' })
    }
    expect(seen[0]).toEqual(seen[1])
    expect(seen[1]).toEqual(seen[2])
    expect(seen[0]).toMatchObject({ status: 401, code: 'unauthenticated' })
  })

  it('LEASH-14: of twenty registrations at once with one token one wins', async () => {
    const { guest, id } = await invite(site)
    const begun = await guest.ask('POST', '/v1/registrations/begin')
    const bodies = await Promise.all(
      Array.from({ length: 20 }, async () =>
        registrationBody(await arrive(fresh()), begun.json.nonce),
      ),
    )
    const race = bodies.map((body) => guest.ask('POST', '/v1/registrations', { body }))
    const statuses = (await Promise.all(race)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([201, ...Array(19).fill(401)])
    expect((await site.owner.ask('GET', `/v1/enrollments/${id}`)).json.state).toBe('used')
  })

  it('a registration that is refused leaves the token as it was', async () => {
    await site.enroll('taken')
    const { guest } = await invite(site)
    expect(code(await register(guest, await arrive('taken')))).toEqual([409, 'conflict'])
    expect((await register(guest, await arrive(fresh()))).status).toBe(201)
  })

  it('a proof over another nonce, name, request or word of the machine is refused', async () => {
    const { guest } = await invite(site)
    const begun = await guest.ask('POST', '/v1/registrations/begin')
    const arrival = await arrive(fresh())
    const good = registrationBody(arrival, begun.json.nonce)
    const stranger = await arrive(arrival.name)
    for (const body of [
      registrationBody(arrival, 'A'.repeat(22)),
      { ...good, name: fresh() },
      { ...good, csr: stranger.csr },
      { ...good, evidence: { method: 'none' } },
      { ...good, platform: { hostname: 'another' } },
    ]) {
      const seen = await guest.ask('POST', '/v1/registrations', { body })
      expect(code(seen)).toEqual([401, 'attestation_failed'])
    }
    expect((await guest.ask('POST', '/v1/registrations', { body: good })).status).toBe(201)
  })

  it('a certificate is collected once, by the key and the secret together', async () => {
    const arrival = await arrive(fresh())
    const { path, guest, collect } = await waiting(site, arrival)
    const other = await waiting(site, await arrive(fresh()))
    await approve(path)
    await approve(other.path)
    const at = `${path}/certificate`
    expect(code(await guest.ask('POST', at, { body: other.collect }))).toEqual([
      401,
      'attestation_failed',
    ])
    expect(code(await other.guest.ask('POST', at, { body: collect }))).toEqual([404, 'not_found'])
    const tries = await Promise.all(
      Array.from({ length: 5 }, () => guest.ask('POST', at, { body: collect })),
    )
    expect(tries.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409])
  })

  it('who is denied, also after an approval, collects nothing', async () => {
    const { path, guest, collect: body } = await waiting(site, await arrive(fresh()))
    await approve(path)
    expect((await site.owner.ask('POST', `${path}/deny`)).json.state).toBe('denied')
    const seen = await guest.ask('POST', `${path}/certificate`, { body })
    expect(code(seen)).toEqual([403, 'approval_denied'])
    expect(code(await approve(path))).toEqual([409, 'conflict'])
  })

  it('nobody waits for ever: undecided and uncollected registrations expire', async () => {
    const undecided = await waiting(site, await arrive(fresh()))
    const uncollected = await waiting(site, await arrive(fresh()))
    await approve(uncollected.path)
    site.advance(REGISTRATION_COLLECT_SECONDS)
    const { path, guest, collect: body } = uncollected
    expect(code(await guest.ask('POST', `${path}/certificate`, { body }))).toEqual([401, 'expired'])
    site.advance(REGISTRATION_PENDING_SECONDS)
    expect(code(await approve(undecided.path))).toEqual([409, 'conflict'])
    expect((await site.owner.ask('GET', undecided.path)).json.state).toBe('expired')
  })

  it('LEASH-33: a key that another agent has or had is refused', async () => {
    const arrival = await arrive(fresh())
    const body = { name: arrival.name, csr: arrival.csr, contract: CONTRACT }
    expect((await site.owner.ask('POST', '/v1/agents', { body })).status).toBe(201)
    const next = await arrive(arrival.name)
    const at = `/v1/agents/${arrival.name}/certificate`
    expect((await site.owner.ask('POST', at, { body: { csr: next.csr } })).status).toBe(200)
    for (const csr of [arrival.csr, next.csr]) {
      const second = { ...body, name: fresh(), csr }
      expect(code(await site.owner.ask('POST', '/v1/agents', { body: second }))).toEqual([
        409,
        'conflict',
      ])
    }
    const { guest } = await invite(site)
    const borrowed = { ...arrival, name: fresh() }
    expect(code(await register(guest, borrowed))).toEqual([409, 'conflict'])
  })

  it('words of a machine can not pass for lines of ours', async () => {
    const { guest } = await invite(site)
    const arrival = await arrive(fresh())
    for (const hostname of ['a\nb', 'a\u202eb', '', 'x'.repeat(PLATFORM_CHARACTERS_MAX + 1)]) {
      expect(code(await register(guest, arrival, { hostname }))).toEqual([400, 'malformed'])
    }
  })

  it('I12: no token and no collect secret is in any list, record or log line', async () => {
    const invitation = await invite(site)
    const registered = await register(invitation.guest, await arrive(fresh()))
    const secrets = [invitation.token, registered.json.collect_secret]
    const texts = [
      (await site.owner.ask('GET', '/v1/registrations')).text,
      (await site.owner.ask('GET', `/v1/enrollments/${invitation.id}`)).text,
      (await site.owner.ask('GET', '/v1/audit/export')).text,
      site.lines.join(''),
    ]
    for (const secret of secrets) {
      expect(texts.filter((text) => text.includes(secret.slice(12)))).toEqual([])
    }
  })
})

describe('LEASHX-08: who guesses', () => {
  it('is blocked, also with the right token then, and owners at the address are not', async () => {
    const strict = await openDeployment()
    const { guest } = await invite(strict)
    const wrong = strict.bearer(`writ_collect_${'A'.repeat(43)}`)
    for (let n = 0; n < 10; n += 1) {
      expect((await wrong.ask('GET', '/v1/registrations/self')).status).toBe(401)
    }
    const blocked = await guest.ask('POST', '/v1/registrations/begin')
    expect(code(blocked)).toEqual([429, 'rate_limited'])
    expect((await strict.owner.ask('GET', '/v1/agents')).status).toBe(200)
    await strict.close()
  })
})
