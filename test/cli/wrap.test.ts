import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Ran } from '../support/cli-process.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'
import { GIT_ENV, type GitServer, git, startGitServer } from '../support/git-server.ts'

const PLACE = 'https://git.test'
let upstream: GitServer
let server: CliServer
let folder: string
let lease: string

/** What PROXY-24 asks for: one repository, and nothing beside it. */
const GIT_PATHS = ['/acme/app.git/info/refs', '/acme/app.git/git-upload-pack']

beforeAll(async () => {
  upstream = await startGitServer()
  const route = `upstream = "${upstream.origin}"\nresource = "https://gateway.test/git"`
  server = await startCliServer(`[[route]]\nname = "git"\nheaders = ["git-protocol"]\n${route}\n`)
  folder = mkdtempSync(join(tmpdir(), 'writ-wrap-test-'))
  const contract = scopeFile([...GIT_PATHS, '/acme/app.git/git-receive-pack'])
  const words = ['--contract', contract, '--out', join(folder, 'worker'), '--json']
  expectDone(await server.owner(['agent', 'add', 'worker', ...words]))
  lease = await openLease(GIT_PATHS)
}, 60_000)
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server.close()
  await upstream.close()
})

describe('writ wrap -- git', () => {
  test('clones what the lease covers, each request one call', async () => {
    const ran = await wrapped(lease, 'clone', '-q', `${PLACE}/acme/app.git`, join(folder, 'app'))
    expectDone(ran)
    expect(readFileSync(join(folder, 'app', 'README'), 'utf8')).toBe('app\n')
    expect(git(join(folder, 'app'), 'remote', 'get-url', 'origin').trim()).toBe(
      `${PLACE}/acme/app.git`,
    )
    const trail = await server.owner(['audit', 'tail', '--lines', '50'])
    const calls = trail.stdout.split('token.redeemed').length - 1
    expect(calls).toBeGreaterThanOrEqual(2)
  })

  test('is refused what the lease does not cover, and says by which word', async () => {
    const other = await wrapped(lease, 'clone', `${PLACE}/acme/other.git`, join(folder, 'other'))
    expect(other.exit).toBe(128)
    expect(other.stderr).toContain('writ: refused: scope_not_granted GET /acme/other.git/info/refs')
    expect(existsSync(join(folder, 'other'))).toBe(false)
  })

  test('a push needs a lease that covers it', async () => {
    const work = join(folder, 'app')
    writeFileSync(join(work, 'NEW'), 'x'.repeat(2_000_000))
    git(work, 'add', '.')
    git(work, 'commit', '-q', '-m', 'Second')
    const push = ['-C', work, 'push', '-q', 'origin', 'main']
    const refused = await wrapped(lease, ...push)
    expect(refused.exit).not.toBe(0)
    expect(refused.stderr).toContain('scope_not_granted POST /acme/app.git/git-receive-pack')
    expectDone(
      await wrapped(await openLease([...GIT_PATHS, '/acme/app.git/git-receive-pack']), ...push),
    )
    const bare = join(upstream.folder, 'acme', 'app.git')
    expect(git(bare, 'log', '-1', '--format=%s', 'main').trim()).toBe('Second')
  })

  test('I12: no token, key or password is in environment or arguments of the tool', async () => {
    const script = 'cat /proc/self/environ; tr "\\0" " " < /proc/$PPID/cmdline; git config --list'
    const ran = await wrapped(lease, '-c', `alias.look=!${script}`, 'look')
    expectDone(ran)
    expect(ran.stdout).toContain('GIT_CONFIG_COUNT')
    expect(ran.stdout).not.toMatch(/ey[A-Za-z0-9_-]{20,}\.|PRIVATE KEY|password=/)
    expect(ran.stdout).not.toMatch(/(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/)
  })
})

describe('writ wrap', () => {
  test('I12: no variable of ours reaches the tool', async () => {
    const secrets = {
      WRIT_TOKEN: 'one',
      WRIT_KEY_PASSPHRASE: 'two',
      WRIT_PASSPHRASE_FILE: '/three',
      WRIT_STORE_URL: 'postgres://writ:four@127.0.0.1/writ',
    }
    const ran = await wrappedWith(
      secrets,
      lease,
      '-c',
      'alias.look=!cat /proc/self/environ',
      'look',
    )
    expectDone(ran)
    expect(ran.stdout).toContain('GIT_CONFIG_COUNT')
    expect(ran.stdout).not.toContain('WRIT_')
  })

  test('ends its tool and leaves no folder when its terminal goes away', async () => {
    const run = "awk '{print $4}' /proc/$PPID/stat"
    const where = 'git config --get-regexp "^credential.*helper" | grep -o "/[^ ]*/password"'
    const script = `${where}; kill -HUP $(${run}); sleep 2`
    const ran = await wrapped(lease, '-c', `alias.hang=!${script}`, 'hang')
    expect(ran.exit).toBe(129)
    expect(ran.stdout).toContain('/password')
    expect(existsSync(dirname(ran.stdout.trim()))).toBe(false)
  })

  test('knows its tools, and says so', async () => {
    const ran = await server.writ([...identity(), ...wrapWords(lease), '--', 'curl', PLACE])
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toContain('writ wrap knows git and kubectl, not curl.')
  })

  test('ends as the tool ends', async () => {
    expect((await wrapped(lease, 'no-such-command')).exit).toBe(1)
  })
})

function wrapped(under: string, ...words: readonly string[]): Promise<Ran> {
  return wrappedWith({}, under, ...words)
}

function wrappedWith(more: object, under: string, ...words: readonly string[]): Promise<Ran> {
  const line = [...identity(), ...wrapWords(under), '--', 'git', ...words]
  return server.writ(line, undefined, { ...GIT_ENV, ...more })
}

function wrapWords(under: string): readonly string[] {
  return ['wrap', '--lease', under, '--route', 'git', '--for', `${PLACE}/`]
}

function identity(): readonly string[] {
  return ['--identity', join(folder, 'worker')]
}

async function openLease(paths: readonly string[]): Promise<string> {
  const words = ['lease', 'open', '--scope', scopeFile(paths), '--json']
  const ran = await server.writ([...identity(), ...words])
  expectDone(ran)
  return JSON.parse(ran.stdout).id
}

function scopeFile(paths: readonly string[]): string {
  const { port } = new URL(upstream.origin)
  const scope = {
    type: 'urn:writ:scope:v1',
    grants: [
      {
        type: 'http',
        schemes: ['http'],
        hosts: ['127.0.0.1'],
        ports: [Number(port)],
        methods: ['GET', 'POST'],
        paths,
        query: 'any',
        private_net: true,
      },
    ],
    audiences: ['https://gateway.test/git'],
  }
  const path = join(folder, `scope-${paths.length}.json`)
  writeFileSync(path, JSON.stringify(scope))
  return path
}

function expectDone(ran: Ran): void {
  expect(ran.exit, ran.stderr).toBe(0)
}
