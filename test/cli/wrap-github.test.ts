import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ran } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { GIT_ENV, type GitServer, startGitServer } from '../support/git-server.ts'

/** What the upstream demands, and no agent ever has. */
const KEY = 'ghs_canary_of_the_installation'
const PLACE = 'https://git.test'
const DOMAIN = ['--trust-domain', 'acme.example']
const CLONE = { service: { constraint_type: 'exact', value: 'git-upload-pack' } }
let upstream: GitServer
let server: CliServer
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'writ-github-test-'))
  upstream = await startGitServer(KEY)
  server = await startCliServer(`${route('git')}headers = ["git-protocol"]\n${route('api')}`, [
    ...['--policy-dir', policies(), ...DOMAIN],
  ])
  const place = ['--placement', 'basic:x-access-token', '--origin', upstream.origin]
  done(await server.owner(['credential', 'add', 'github', '--kind', 'basic', ...place], KEY))
  const everything = file('contract', [grant(['GET', 'POST', 'PUT'], ['/**'])])
  const add = ['agent', 'add', 'planner', '--contract', everything, '--out', join(folder, 'agent')]
  done(await server.owner([...add, ...DOMAIN]))
  const terms = JSON.stringify({
    approval_mode: 'auto_within_contract',
    categories: ['api_key'],
    credentials: ['github'],
  })
  const name = 'spiffe://acme.example/agent/planner'
  done(await server.owner(['agent', 'contract', name, everything, '--terms', terms]))
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.close()
  await upstream.close()
})

describe('PROXY-24: one repository, by the example policy and a key of the gateway', () => {
  test('clones and fetches it from a server that demands the key', async () => {
    const lease = await opened('clone', [
      grant(['GET'], ['/acme/app.git/info/refs'], CLONE),
      grant(['POST'], ['/acme/app.git/git-upload-pack']),
    ])
    const work = join(folder, 'app')
    done(await wrapped(lease, 'clone', '-q', `${PLACE}/acme/app.git`, work))
    expect(readFileSync(join(work, 'README'), 'utf8')).toBe('app\n')
    done(await wrapped(lease, '-C', work, 'fetch', '-q'))
    const other = await wrapped(lease, 'clone', `${PLACE}/acme/other.git`, join(folder, 'other'))
    expect(other.exit).toBe(128)
    expect(existsSync(join(folder, 'other'))).toBe(false)
    expect(new Set(upstream.shown.map(userOf))).toEqual(new Set([`x-access-token:${KEY}`]))
  })

  test('opens a pull request there, with the same key', async () => {
    const before = upstream.shown.length
    const lease = await opened('pulls', [grant(['POST'], ['/repos/acme/app/pulls'])], 5)
    const words = ['--lease', lease, '--data', '{"title":"A change"}']
    const ran = await asAgent('call', 'POST', '/api/repos/acme/app/pulls', ...words)
    done(ran)
    expect(ran.stdout).toContain('POST /repos/acme/app/pulls')
    expect(upstream.shown.slice(before).map(userOf)).toEqual([`x-access-token:${KEY}`])
  })

  test.each([
    ['a push', ['POST'], '/acme/app.git/git-receive-pack'],
    ['another repository', ['POST'], '/acme/other.git/git-upload-pack'],
    ['a pull request elsewhere', ['POST'], '/repos/acme/other/pulls'],
    ['a merge', ['PUT'], '/repos/acme/app/pulls/1/merge'],
    ['hooks', ['GET'], '/repos/acme/app/hooks'],
    ['people', ['PUT'], '/repos/acme/app/collaborators/eve'],
    ['secrets', ['GET'], '/repos/acme/app/actions/secrets/x'],
  ])('is given no lease for %s, though its contract has it', async (_what, methods, path) => {
    const scope = file('more', [grant(methods, [path])])
    const ran = await asAgent('lease', 'open', '--scope', scope, '--json')
    expect(ran.exit).toBe(3)
    expect(ran.stdout + ran.stderr).toContain('policy_denied')
  })

  test('I12: and the key is in nothing that the agent has or was told', async () => {
    const script = 'cat /proc/self/environ; git config --list; cat .git/config'
    const lease = await opened('look', [grant(['POST'], ['/acme/app.git/git-upload-pack'])])
    const words = ['-C', join(folder, 'app'), '-c', `alias.look=!${script}`, 'look']
    const ran = await wrapped(lease, ...words)
    done(ran)
    const trail = await server.owner(['audit', 'tail', '--lines', '100', '--json'])
    for (const text of [ran.stdout, ran.stderr, trail.stdout]) {
      expect(text).not.toContain(KEY)
      expect(text).not.toContain(Buffer.from(`x-access-token:${KEY}`).toString('base64'))
    }
  })
})

/** A route to the server, into which the gateway puts the key. */
function route(name: string): string {
  return [
    `[[route]]\nname = "${name}"\nupstream = "${upstream.origin}"`,
    `resource = "https://gateway.test/${name}"\ncredential = "github"\n`,
  ].join('\n')
}

/** The example as it stands, but for where GitHub is and what the repository is called. */
function policies(): string {
  const place = join(folder, 'policies')
  mkdirSync(place, { mode: 0o700 })
  const { port } = new URL(upstream.origin)
  const here = `schemes = ["http"]\nhosts = ["127.0.0.1"]\nports = [${port}]\nprivate_net = true`
  const text = readFileSync('examples/policies/github.toml', 'utf8')
    .replaceAll(/^hosts = \["(?:api\.)?github\.com"\]$/gm, here)
    .replaceAll('api.github.com', '127.0.0.1')
    .replaceAll('acme/site', 'acme/app')
  writeFileSync(join(place, 'github.toml'), text, { mode: 0o600 })
  return place
}

function grant(methods: readonly string[], paths: readonly string[], query?: object): object {
  const ports = [Number(new URL(upstream.origin).port)]
  const where = { type: 'http', schemes: ['http'], hosts: ['127.0.0.1'], ports, private_net: true }
  const body = paths.includes('/repos/acme/app/pulls')
    ? { body: { max_bytes: 65_536, media_types: ['application/json'] } }
    : {}
  const asked = paths.includes('/**') ? { query: 'any' } : query === undefined ? {} : { query }
  return { ...where, methods, paths, ...asked, ...body }
}

function file(name: string, grants: readonly object[], uses?: number): string {
  const both = ['https://gateway.test/git', 'https://gateway.test/api']
  const audiences = name === 'contract' ? both : [name === 'pulls' ? both[1] : both[0]]
  const limits = uses === undefined ? {} : { limits: { max_uses: uses } }
  const path = join(folder, `${name}.json`)
  writeFileSync(path, JSON.stringify({ type: 'urn:writ:scope:v1', grants, audiences, ...limits }))
  return path
}

async function opened(name: string, grants: readonly object[], uses?: number): Promise<string> {
  const ran = await asAgent('lease', 'open', '--scope', file(name, grants, uses), '--json')
  done(ran)
  return JSON.parse(ran.stdout).id
}

function wrapped(lease: string, ...words: readonly string[]): Promise<Ran> {
  const wrap = ['wrap', '--lease', lease, '--route', 'git', '--for', `${PLACE}/`]
  return server.writ([...identity(), ...wrap, '--', 'git', ...words], undefined, GIT_ENV)
}

function asAgent(...words: readonly string[]): Promise<Ran> {
  return server.writ([...identity(), ...words])
}

function identity(): readonly string[] {
  return ['--identity', join(folder, 'agent')]
}

function userOf(authorization: string | undefined): string {
  return Buffer.from((authorization ?? '').split(' ')[1] ?? '', 'base64').toString()
}

function done(ran: Ran): void {
  expect(ran.exit, ran.stderr + ran.stdout).toBe(0)
}
