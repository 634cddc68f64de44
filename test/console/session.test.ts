import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  SESSION_IDLE_SECONDS,
  SESSION_NOTE_SECONDS,
  SESSION_SECONDS,
  SESSIONS_PER_PERSON_MAX,
  SIGN_IN_BYTES_MAX,
} from '../../src/domain/limits.ts'
import { type Deployment, openDeployment, type Seen } from '../support/http.ts'

const SAME = { 'sec-fetch-site': 'same-origin' }
const PATH = '/console/session'

let site: Deployment
beforeEach(async () => {
  site = await openDeployment()
})
afterEach(() => site.close())

/** A browser that is signed in. */
interface Signed {
  readonly cookie: string
  readonly csrf: string
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Seen>
}

function signIn(token: string, headers: Readonly<Record<string, string>> = SAME): Promise<Seen> {
  return site.nobody.ask('POST', PATH, { body: { token }, headers })
}

async function signed(): Promise<Signed> {
  const answer = await signIn(site.ownerToken)
  expect(answer.status).toBe(201)
  const cookie = String(answer.headers['set-cookie']).split(';', 1)[0] ?? ''
  const get = (path: string, headers: Readonly<Record<string, string>> = SAME) =>
    site.nobody.ask('GET', path, { headers: { cookie, ...headers } })
  return { cookie, csrf: answer.json.csrf, get }
}

describe('signing in', () => {
  it('answers a session that lasts in a cookie of this host alone, closed to scripts', async () => {
    const answer = await signIn(site.ownerToken)
    expect(answer.json).toMatchObject({ role: 'owner' })
    const [cookie = '', ...attributes] = String(answer.headers['set-cookie']).split('; ')
    expect(cookie).toMatch(/^__Host-writ=writ_session_[A-Za-z0-9_-]{43}$/)
    const age = `Max-Age=${SESSION_SECONDS}`
    expect(attributes).toEqual([age, 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'])
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it.each([
    ['an unknown token', () => signIn(`writ_owner_${'A'.repeat(43)}`)],
    ['something that is no token', () => signIn('hello')],
    ['a page of another site', () => signIn(site.ownerToken, { 'sec-fetch-site': 'cross-site' })],
    ['a link or a bookmark', () => signIn(site.ownerToken, { 'sec-fetch-site': 'none' })],
    [
      'an origin that is not ours',
      () => signIn(site.ownerToken, { ...SAME, origin: 'https://evil.example' }),
    ],
    ['nobody who says where it comes from', () => signIn(site.ownerToken, {})],
  ])('refuses %s alike', async (_, ask) => {
    const answer = await ask()
    expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated'])
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('reads no more than a token needs, and only JSON', async () => {
    const large = await signIn('A'.repeat(SIGN_IN_BYTES_MAX))
    expect(large.json.code).toBe('too_large')
    const headers = { ...SAME, 'content-type': 'text/plain' }
    const plain = await site.nobody.ask('POST', PATH, { raw: '{}', headers })
    expect(plain.json.code).toBe('media_type')
  })

  it('I12: neither log nor audit trail has the secret of a session', async () => {
    const { cookie, csrf } = await signed()
    const secret = cookie.split('=')[1] ?? ''
    const trail = await site.owner.ask('GET', '/v1/audit?limit=100')
    expect(trail.text).toContain('session.opened')
    for (const text of [trail.text, site.lines.join('\n')]) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(csrf)
    }
  })
})

describe('a session', () => {
  it('asks as its person, and is told who that is', async () => {
    const browser = await signed()
    expect((await browser.get('/v1/leases')).status).toBe(200)
    expect((await browser.get('/console/whoami')).json).toMatchObject({ csrf: browser.csrf })
    const stranger = await site.nobody.ask('GET', '/console/whoami', { headers: SAME })
    expect([stranger.status, stranger.text]).toEqual([204, ''])
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of this site', { 'sec-fetch-site': 'same-site' }],
    ['a link', { 'sec-fetch-site': 'none' }],
    ['an origin that is not ours', { ...SAME, origin: 'http://127.0.0.1.evil.example' }],
    ['an origin without a name', { ...SAME, origin: 'null' }],
    ['a program that says nothing', {}],
  ])('is of no use to %s', async (_, headers) => {
    const browser = await signed()
    const answer = await browser.get('/v1/leases', headers)
    expect([answer.status, answer.json.code]).toEqual([401, 'unauthenticated'])
  })

  it('changes something only with the token that its own page was told', async () => {
    const { cookie, csrf } = await signed()
    const other = await signed()
    const ask = (token: Readonly<Record<string, string>>) =>
      site.nobody.ask('POST', '/v1/operators', {
        body: { name: 'bob', role: 'operator' },
        headers: { ...SAME, cookie, ...token },
      })
    for (const wrong of [{}, { 'x-writ-csrf': 'x' }, { 'x-writ-csrf': other.csrf }]) {
      const answer = await ask(wrong)
      expect([answer.status, answer.json.code]).toEqual([403, 'forbidden'])
    }
    expect((await ask({ 'x-writ-csrf': csrf })).status).toBe(201)
  })

  it('counts only once in a request, and not beside another proof', async () => {
    const { cookie, get } = await signed()
    expect((await get('/v1/leases', { ...SAME, cookie: `${cookie}; ${cookie}` })).status).toBe(401)
    const both = await get('/v1/leases', { ...SAME, authorization: `Bearer ${'A'.repeat(43)}` })
    expect(both.status).toBe(401)
  })

  it('ends by signing out, at once and for good', async () => {
    const { cookie, csrf, get } = await signed()
    const headers = { ...SAME, cookie, 'x-writ-csrf': csrf }
    const answer = await site.nobody.ask('DELETE', PATH, { headers })
    expect(answer.status).toBe(204)
    expect(String(answer.headers['set-cookie'])).toContain('__Host-writ=; Max-Age=0')
    expect((await get('/v1/leases')).status).toBe(401)
  })

  it('dies with the role credential it was opened with', async () => {
    const body = { name: 'bob', role: 'operator' }
    const { token } = (await site.owner.ask('POST', '/v1/operators', { body })).json
    const opened = await signIn(token)
    const cookie = String(opened.headers['set-cookie']).split(';', 1)[0] ?? ''
    const ask = () => site.nobody.ask('GET', '/v1/leases', { headers: { ...SAME, cookie } })
    expect((await ask()).status).toBe(200)
    await site.owner.ask('DELETE', '/v1/operators/bob')
    expect((await ask()).status).toBe(401)
  })

  it('ends when nobody uses it, and its last use moves that end', async () => {
    const { get } = await signed()
    site.advance(SESSION_IDLE_SECONDS - 1)
    expect((await get('/v1/leases')).status).toBe(200)
    site.advance(SESSION_IDLE_SECONDS - SESSION_NOTE_SECONDS)
    expect((await get('/v1/leases')).status).toBe(200)
    site.advance(SESSION_IDLE_SECONDS)
    expect((await get('/v1/leases')).status).toBe(401)
  })

  it('is not kept awake by a stream that stays open', async () => {
    const { get } = await signed()
    site.advance(SESSION_IDLE_SECONDS - 10)
    const stream = { ...SAME, accept: 'text/event-stream' }
    expect((await get('/v1/audit/stream?follow=false', stream)).status).toBe(200)
    site.advance(10)
    expect((await get('/v1/leases')).status).toBe(401)
  })

  it('ends after a working day, however busy it was', async () => {
    const { get } = await signed()
    for (let spent = 0; spent < SESSION_SECONDS; spent += SESSION_IDLE_SECONDS - 10) {
      expect((await get('/v1/leases')).status).toBe(200)
      site.advance(SESSION_IDLE_SECONDS - 10)
    }
    expect((await get('/v1/leases')).status).toBe(401)
  })

  it('makes room for a newer one beyond what one person may have', async () => {
    const first = await signed()
    site.advance(1)
    for (let more = 1; more < SESSIONS_PER_PERSON_MAX; more += 1) await signed()
    expect((await first.get('/v1/leases')).status).toBe(200)
    await signed()
    expect((await first.get('/v1/leases')).status).toBe(401)
  })
})
