import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ran } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

/** The steps of docs/operating/hardening.md, in their order, on a server with one agent that is at work. */
let server: CliServer
let worker: readonly string[]
let lease = ''
let shown = ''
let newOwner: readonly string[]

beforeAll(async () => {
  server = await startCliServer()
  const folder = join(server.folder, 'worker')
  worker = ['--identity', folder]
  const scope = join(server.folder, 'scope.json')
  writeFileSync(scope, JSON.stringify(scopeAt(server.upstreamPort)))
  done(await server.owner(['agent', 'add', 'worker', '--contract', scope, '--out', folder]))
  lease = idOf(await server.writ([...worker, 'lease', 'open', '--scope', scope, '--json']))
  shown = (await mint()).trim()
}, 60_000)
afterAll(() => server.close())

describe('after a compromise, each step one command', () => {
  test('everything stops', async () => {
    expect((await call()).exit).toBe(0)
    const words = [
      'revoke',
      'tenant:default',
      '--suspend',
      '--reason',
      'incident',
      '--yes',
      '--yes',
    ]
    done(await server.owner(words))
    expect((await call()).exit).toBe(3)
  })

  test('the trail is verified, and kept elsewhere', async () => {
    done(await server.owner(['audit', 'verify']))
    const file = join(server.folder, 'trail.jsonl')
    done(await server.owner(['audit', 'export', '--out', file]))
    done(await server.writ(['audit', 'verify', file]))
  })

  test('a new owner takes the place of the old one, whose token is dead', async () => {
    const file = join(server.folder, 'new-owner.token')
    done(await server.owner(['operator', 'add', 'next', '--role', 'owner', '--out', file]))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    newOwner = ['--token-file', file]
    done(await server.writ(['operator', 'remove', 'owner', '--yes', ...newOwner]))
    expect((await server.owner(['keys', 'list'])).exit).not.toBe(0)
  })

  test('every signing key is replaced, and what the old ones signed is dead', async () => {
    const before = await keys()
    const active = before.filter(({ state }) => state === 'active')
    expect(active.length).toBeGreaterThanOrEqual(5)
    for (const { kid } of active) {
      done(await server.writ(['keys', 'retire', kid, '--reason', 'incident', '--yes', ...newOwner]))
    }
    const after = (await keys()).filter(({ state }) => state === 'active')
    expect(new Set(after.map(({ purpose }) => purpose))).toEqual(
      new Set(active.map(({ purpose }) => purpose)),
    )
    const old = new Set(active.map(({ kid }) => kid))
    expect(after.filter(({ kid }) => old.has(kid))).toEqual([])
    const told = await server.writ(['token', 'introspect', '-', '--json', ...newOwner], shown)
    expect(JSON.parse(told.stdout)).toMatchObject({ active: false })
  })

  test('the others go on, with tokens of the new keys', async () => {
    done(await server.writ(['revoke', 'tenant:default', '--lift', ...newOwner]))
    done(await call())
  })
})

function call(): Promise<Ran> {
  return server.writ([...worker, 'call', 'GET', '/up/a', '--lease', lease])
}

async function mint(): Promise<string> {
  const words = [...worker, 'token', 'mint', '--lease', lease, '--audience', AUDIENCE]
  const ran = await server.writ(words)
  done(ran)
  return ran.stdout
}

async function keys(): Promise<
  readonly { readonly kid: string; readonly purpose: string; readonly state: string }[]
> {
  const listed = await server.writ(['keys', 'list', '--json', ...newOwner])
  done(listed)
  return JSON.parse(listed.stdout).items
}

const AUDIENCE = 'https://gateway.test/up'

function scopeAt(port: number): object {
  const grant = {
    type: 'http',
    schemes: ['http'],
    hosts: ['127.0.0.1'],
    ports: [port],
    methods: ['GET'],
    paths: ['/**'],
    private_net: true,
  }
  return { type: 'urn:writ:scope:v1', grants: [grant], audiences: [AUDIENCE] }
}

function idOf(ran: Ran): string {
  done(ran)
  return JSON.parse(ran.stdout).id
}

function done(ran: Ran): void {
  expect(ran.exit, ran.stderr).toBe(0)
}
