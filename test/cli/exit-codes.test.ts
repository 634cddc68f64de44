import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHere } from '../support/cli-here.ts'
import { MAIN, READER } from '../support/cli-process.ts'
import { type CliSite, openCliSite, wordsOf } from '../support/cli-rows.ts'

const START_MS = 60_000
const NOBODY = `lease_${'A'.repeat(22)}`

let site: CliSite
/** A server that begins an answer and never ends it. */
let stalled: Server
beforeAll(async () => {
  site = await openCliSite()
  stalled = createServer((_request, response) => void response.write('{}\n'))
  await once(stalled.listen(0, '127.0.0.1'), 'listening')
}, START_MS)
afterAll(async () => {
  stalled.closeAllConnections()
  stalled.close()
  await site.server.close()
})

describe('the exit status says', () => {
  test.each<[number, string, string, string]>([
    [0, 'it was done', 'lease list', ''],
    [
      0,
      'it was done: an upstream answered',
      'call',
      'GET /up/repos/a --lease {lease} --identity {planner}',
    ],
    [1, 'it failed: nobody answers', 'lease list', '--addr http://127.0.0.1:1'],
    [1, 'it found what it looks for', 'scan', '{folder}'],
    [2, 'it was called wrongly: no such folder', 'scan', '{folder}/none'],
    [2, 'it was called wrongly: no such verb', 'lease', 'opn'],
    [2, 'it was called wrongly: no such file', 'policy explain', '{agents}/planner {folder}/none'],
    [
      2,
      'it was called wrongly: the service can not read it',
      'agent contract',
      'planner {request}',
    ],
    [3, 'it was denied: another role', 'lease open', '--scope {scope} --identity {gone}'],
    [
      3,
      'it was denied: more than the contract',
      'lease open',
      '--scope {wide} --identity {planner}',
    ],
    [
      3,
      'it was denied: the gateway refused',
      'call',
      'GET /up/other --lease {lease} --identity {planner}',
    ],
    [
      3,
      'it was denied: a person has to say yes',
      'lease open',
      '--scope {scope} --identity {asker}',
    ],
    [4, 'there is nothing: no such lease', 'lease show', NOBODY],
    [4, 'there is nothing: no such agent', 'agent show', 'nobody'],
    [4, 'there is nothing: no such credential', 'credential show', 'none'],
  ])('%i: %s', async (exit, _meaning, command, rest) => {
    const ran = await runHere(wordsOf(command, rest, site.values), site.env)
    expect(ran.exit, ran.stderr).toBe(exit)
  })
})

test('a refusal of the gateway is one sentence for people; the problem is for --json', async () => {
  const words = wordsOf('call', 'GET /up/other --lease {lease} --identity {planner}', site.values)
  const ran = await runHere(words, site.env)
  expect(ran.stdout).toBe('')
  expect(ran.stderr).toMatch(/^Refused by the gateway: .* \(scope_not_granted\)\n/)
  expect(ran.stderr).not.toContain('{')
})

test('a lease lives as long as its scope says where --ttl is left out', async () => {
  const words = wordsOf('lease open', '--scope {brief} --identity {planner} --json', site.values)
  const ran = await runHere(words, site.env)
  expect(ran.exit, ran.stderr).toBe(0)
  expect(JSON.parse(ran.stdout).scope.limits.ttl_seconds).toBe(60)
})

test('agent add says in a few lines what it did, and takes the terms', async () => {
  const terms = '{"approval_mode":"per_request"}'
  const rest = `brief --contract {contract} --terms ${terms} --out {folder}/brief`
  const ran = await runHere(wordsOf('agent add', rest, site.values), site.env)
  expect(ran.exit, ran.stderr).toBe(0)
  expect(ran.stdout.split('\n').length).toBeLessThan(8)
  expect(ran.stdout).toContain('approval per request')
  const shown = await runHere(['agent', 'show', 'brief', '--json'], site.env)
  expect(JSON.parse(shown.stdout).terms).toMatchObject({ approval_mode: 'per_request' })
})

describe('what takes something away', () => {
  const TAKING: readonly (readonly [string, string])[] = [
    ['revoke', '{lease}'],
    ['revoke', '{agents}/planner'],
    ['operator remove', 'owner'],
    ['credential remove', 'any'],
    ['webhook remove', `hook_${'A'.repeat(22)}`],
    ['handle revoke', '{handle}'],
    ['keys retire', `${'A'.repeat(43)} --reason test`],
    ['approval approve', '{approval}'],
  ]

  test.each(TAKING)(
    '%s %s does nothing unasked where nobody can be asked',
    async (command, rest) => {
      const ran = await runHere([...wordsOf(command, rest, site.values), '--json'], site.env)
      expect(ran.exit).toBe(2)
      expect(JSON.parse(ran.stdout)).toMatchObject({ error: 'usage' })
      expect(ran.stderr).toMatch(/give --yes/)
    },
  )
})

describe('Ctrl-C ends with 130', () => {
  const own = '--data-dir {folder}/own --keys-dir {folder}/own-keys --log-level warn'
  const ports = '--api 127.0.0.1:0 --agents 127.0.0.1:0 --admin off'
  const gateway = '--gateway 127.0.0.1:0 --handles off'
  test.each<[string, string]>([
    ['serve', `--json ${own} ${ports} ${gateway}`],
    ['authority', `--json ${own} ${ports}`],
    ['gateway', `--json {place} --admin off ${gateway} --log-level warn`],
    ['audit tail', '--follow'],
    ['audit tail', '--follow --json'],
    ['tree', '{lease} --watch'],
    ['enroll new', '--wait'],
  ])(
    '%s %s',
    async (command, rest) => {
      const { child, ended } = start(wordsOf(command, rest, site.values))
      await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
      child.kill('SIGINT')
      const { exit, stdout } = await ended
      expect(exit).toBe(130)
      if (rest.startsWith('--json')) expect(JSON.parse(stdout)).toBeTypeOf('object')
    },
    START_MS,
  )

  test(
    'approval watch',
    async () => {
      const { child, ended } = start(['approval', 'watch', '--json'])
      let seen = false
      child.stdout?.once('data', () => {
        seen = true
      })
      for (let ttl = 100; !seen && child.exitCode === null; ttl += 1) {
        await site.ask(String(ttl))
        await delay(300)
      }
      child.kill('SIGINT')
      const { exit, stdout } = await ended
      expect(exit).toBe(130)
      for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('id')
    },
    START_MS,
  )

  test(
    'audit export, and nothing half done is left',
    async () => {
      const address = stalled.address()
      const port = typeof address === 'object' ? address?.port : 0
      const file = join(site.server.folder, 'half.jsonl')
      const words = ['audit', 'export', '--out', file, '--addr', `http://127.0.0.1:${port}`]
      const { child, ended } = start(words)
      while (!existsSync(`${file}.part`)) await delay(50)
      child.kill('SIGINT')
      expect((await ended).exit).toBe(130)
      expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
    },
    START_MS,
  )
})

function start(words: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--import', READER, MAIN, ...words], {
    env: site.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  const ended = once(child, 'close').then(([exit]) => ({ exit: exit as number | null, stdout }))
  return { child, ended }
}
