import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JUDGED_BODY_BYTES_MAX } from '../../src/domain/limits.ts'
import { CONTRACT } from '../support/http.ts'
import { freshFolder } from '../support/pki.ts'
import {
  call,
  type Handled,
  ORIGIN,
  openStage,
  type Running,
  SERVICES,
  type Stage,
} from './stage.ts'

describe.each(SERVICES)('a route protected with three lines in %s', (_name, start) => {
  let stage: Stage
  let service: Running
  let lease: string
  let judged: string
  const handled: Handled[] = []

  beforeAll(async () => {
    stage = await openStage()
    service = await start(stage, (seen) => handled.push(seen))
    lease = await stage.open()
    const [grant] = CONTRACT.grants
    const body = { forbidden_fields: ['admin'], media_types: ['application/json'] }
    judged = await stage.open({ ...CONTRACT, grants: [{ ...grant, body }] })
  })
  afterAll(async () => {
    await service.close()
    await stage.close()
  })

  it('lets an admitted call through, with its body, once (I7)', async () => {
    const token = await stage.mint(lease)
    const first = await call(stage, stage.worker, service.port, '/repos/acme/x', {
      token,
      body: '{"n":1}',
    })
    expect(first).toMatchObject({
      status: 200,
      json: { agent: stage.worker.uri, body: '{"n":1}' },
    })
    const before = handled.length
    const again = await call(stage, stage.worker, service.port, '/repos/acme/x', { token })
    expect(again).toMatchObject({
      status: 401,
      refusal: 'token_used',
      headers: { 'content-type': expect.stringMatching(/^application\/problem\+json/) },
      json: { code: 'token_used', type: 'urn:writ:refusal:token_used' },
    })
    expect(handled.length).toBe(before)
  })

  it('hands the handler the very bytes that were judged', async () => {
    const filler = 'é'.repeat(40_000)
    const body = JSON.stringify({ filler })
    const token = await stage.mint(judged)
    const passed = await call(stage, stage.worker, service.port, '/repos/acme/x', { token, body })
    expect(passed.json).toEqual({ agent: stage.worker.uri, body })
    const small = '{"a":"\\u0061","b":[1,2]}'
    const second = await call(stage, stage.worker, service.port, '/repos/acme/x', {
      token: await stage.mint(judged),
      body: small,
    })
    expect(second.json).toEqual({ agent: stage.worker.uri, body: small })
  })

  it.each([
    ['a forbidden field', '{"admin":1}', {}, 'scope_not_granted'],
    [
      'another charset',
      '{"+AGE-dmin":1}',
      { 'content-type': 'application/json; charset=utf-7' },
      'malformed',
    ],
    ['a coding', '{"x":1}', { 'content-encoding': 'gzip' }, 'malformed'],
    ['another media type', '{"admin":1}', { 'content-type': 'text/plain' }, 'scope_not_granted'],
    ['a field twice', '{"x":1,"x":2}', {}, 'scope_not_granted'],
    ['more than can be held', `"${'a'.repeat(JUDGED_BODY_BYTES_MAX)}"`, {}, 'too_large'],
  ])('T-09: a scope with rules on the body refuses %s', async (_what, body, headers, code) => {
    const token = await stage.mint(judged)
    const before = handled.length
    const seen = await call(stage, stage.worker, service.port, '/repos/acme/x', {
      token,
      body,
      headers,
    })
    expect(seen.refusal).toBe(code)
    expect(handled.length).toBe(before)
  })

  it('I8: over another certificate it refuses, and the token is not spent by it', async () => {
    const token = await stage.mint(lease)
    const stolen = await call(stage, stage.thief, service.port, '/repos/acme/x', { token })
    expect(stolen).toMatchObject({ status: 401, refusal: 'holder_binding_failed' })
    const own = await call(stage, stage.worker, service.port, '/repos/acme/x', { token })
    expect(own.status).toBe(200)
  })

  it('I8: no header that names a certificate or an address is believed', async () => {
    const token = await stage.mint(lease)
    const headers = {
      'x-forwarded-client-cert': `Hash=x;URI=${stage.worker.uri}`,
      'client-cert': ':AAAA:',
      'x-ssl-client-verify': 'SUCCESS',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'api.github.com',
      'x-original-url': '/repos/acme/x',
      'x-http-method-override': 'GET',
    }
    const stolen = await call(stage, stage.thief, service.port, '/repos/acme/x', {
      token,
      headers,
    })
    expect(stolen.refusal).toBe('holder_binding_failed')
  })

  it.each([
    ['no token', undefined, '/repos/acme/x', 'unauthenticated'],
    ['what is no token', 'nonsense', '/repos/acme/x', 'malformed'],
    ['a path outside the scope', 'fresh', '/repos/other/x', 'scope_not_granted'],
    ['another case of a path inside', 'fresh', '/repos/ACME/x', 'scope_not_granted'],
    ['two slashes', 'fresh', '/repos/acme//x', 'malformed'],
    ['an encoded slash', 'fresh', '/repos/acme%2Fx', 'scope_not_granted'],
    ['a letter that is encoded', 'fresh', '/repos/%61cme/x', 'malformed'],
    ['an encoding of an encoding', 'fresh', '/repos/acme/%2561', 'malformed'],
    ['a semicolon', 'fresh', '/repos/acme/x;y', 'malformed'],
  ])('refuses %s', async (_what, given, path, code) => {
    const token = given === 'fresh' ? await stage.mint(lease) : given
    const before = handled.length
    const seen = await call(stage, stage.worker, service.port, path, { token })
    expect(seen.refusal).toBe(code)
    expect(handled.length).toBe(before)
  })

  it('what resolves to another path is judged as that, or not at all', async () => {
    const token = await stage.mint(lease)
    const before = handled.length
    for (const path of ['/repos/acme/../other/x', '/repos/acme/%2e%2e/other', '/repos/acme\\x']) {
      const seen = await call(stage, stage.worker, service.port, path, { token })
      expect(seen.status).toBeGreaterThanOrEqual(400)
    }
    expect(handled.length).toBe(before)
  })

  it('holds a pinned body against its digest', async () => {
    const digest = 'eji_gfOD9pQzrW6QDTsz4jhVk_dqe8q7BEg2MGLFIuM'
    const pin = { method: 'POST', target: `${ORIGIN}/repos/acme/x`, body_digest: digest }
    const token = await stage.mint(lease, { pin })
    const seen = await call(stage, stage.worker, service.port, '/repos/acme/x', {
      token,
      body: '{"n":2}',
    })
    expect(seen.refusal).toBe('request_mismatch')
  })

  it('tells of the rate it is under, and when to come again', async () => {
    const limits = { ...CONTRACT.limits, rate: { requests: 1, per_seconds: 600 } }
    const limited = await stage.open({ ...CONTRACT, limits })
    const [first, second] = [await stage.mint(limited), await stage.mint(limited)]
    const at = service.port
    const passed = await call(stage, stage.worker, at, '/repos/acme/x', { token: first })
    expect(passed).toMatchObject({ status: 200, headers: { 'x-ratelimit-remaining': '0' } })
    const full = await call(stage, stage.worker, at, '/repos/acme/x', { token: second })
    expect(full).toMatchObject({ status: 429, refusal: 'rate_limited' })
    expect(Number(full.headers['retry-after'])).toBeGreaterThan(590)
  })

  it('I9: refuses when the lease is revoked', async () => {
    const dead = await stage.open()
    const token = await stage.mint(dead)
    const path = `/v1/leases/${dead}/revoke`
    await stage.deployment.owner.ask('POST', path, { body: { reason: 'test' } })
    const seen = await call(stage, stage.worker, service.port, '/repos/acme/x', { token })
    expect(seen.refusal).toBe('revoked')
  })

  it('I7: a token is good at one of two instances of a service', async () => {
    const other = await start(stage, (seen) => handled.push(seen))
    const before = handled.length
    const token = await stage.mint(lease)
    const seen = await Promise.all(
      Array.from({ length: 8 }, (_, index) => {
        const { port } = index % 2 === 0 ? service : other
        return call(stage, stage.worker, port, '/repos/acme/x', { token })
      }),
    )
    expect(seen.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(401)])
    expect(handled.length).toBe(before + 1)
    await other.close()
  })

  it('curl gets through with its certificate, and nobody without one', async () => {
    const folder = freshFolder()
    const { cert, key } = stage.worker.credential
    const files = { ca: stage.deployment.rootPem, cert, key }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const url = `https://127.0.0.1:${service.port}/repos/acme/x`
    const token = await stage.mint(judged)
    const common = ['-s', '--cacert', join(folder, 'ca'), '-H', `Authorization: Bearer ${token}`]
    const shown = ['--cert', join(folder, 'cert'), '--key', join(folder, 'key')]
    const body = ['-H', 'Content-Type: application/json', '--data-binary', '{"via":"curl"}']
    const run = promisify(execFile)
    await expect(run('curl', [...common, ...body, url])).rejects.toMatchObject({ code: 56 })
    const { stdout } = await run('curl', [...common, ...shown, ...body, url])
    expect(JSON.parse(stdout)).toEqual({ agent: stage.worker.uri, body: '{"via":"curl"}' })
    rmSync(folder, { recursive: true })
  })
})
