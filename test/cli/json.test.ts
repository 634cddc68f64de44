import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completionTable } from '../../src/cli/completion/table.ts'
import { buildWholeProgram } from '../../src/cli/program.ts'
import { runHere } from '../support/cli-here.ts'
import { type CliSite, GRANTED, openCliSite, wordsOf } from '../support/cli-rows.ts'

const START_MS = 60_000

/** What does not print one JSON document, and why. */
const STREAMS: Readonly<Record<string, string>> = {
  'audit tail': 'JSON Lines: records go on coming.',
  'audit export': 'Without --out the trail itself, which is JSON Lines.',
  'alert tail': 'JSON Lines: alerts go on coming.',
  'approval watch': 'JSON Lines: changes go on coming.',
  tree: 'With --watch one document each second.',
  scope: 'With --batch one verdict a line.',
  'connector run': 'MCP has stdout.',
  wrap: 'What it runs has stdout.',
  'wrap-credential': 'The protocol of git or kubectl has stdout.',
}

/** What this file does not see granted, and where that is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  serve: 'exit-codes.test.ts',
  authority: 'exit-codes.test.ts',
  gateway: 'exit-codes.test.ts',
  restore: 'test/operations',
  'enroll join': 'enroll.test.ts',
  'enroll show': 'enroll.test.ts',
  'agent federate': 'federation.test.ts',
  'agent announce': 'federation.test.ts',
  'enroll approve': 'enroll.test.ts',
  'enroll deny': 'enroll.test.ts',
  'connector join': 'connector.test.ts',
  'token receipt': 'server.test.ts',
  action: 'test/usecases',
  'budget settle': 'test/http',
  'credential seal': 'credential.test.ts',
  'keys rewrap': 'rewrap.test.ts',
  'policy replay': 'policy.test.ts',
  'policy explain': 'policy.test.ts',
  'webhook remove': 'alerts.test.ts',
  'webhook test': 'alerts.test.ts',
  'alert ack': 'alerts.test.ts',
  'audit show': 'audit-trail.test.ts',
  'keys retire': 'server.test.ts',
}

/** Commands that ask no server. */
const HERE: readonly string[] = [
  ...['agent request', 'connector config', 'connector agents-md', 'token inspect', 'policy check'],
  ...['scope check', 'scope permits', 'scan', 'completion', 'doctor', 'migrate', 'backup', 'init'],
]

let site: CliSite
let commands: readonly string[] = []
beforeAll(async () => {
  const rows = completionTable(await buildWholeProgram())
  commands = rows.filter(({ verbs }) => verbs.length === 0).map(({ words }) => words)
  site = await openCliSite()
}, START_MS)
afterAll(() => site.server.close())

/** The only thing on stdout: one line, one document. */
function documentOf(stdout: string): unknown {
  expect(stdout).toMatch(/^[^\n]+\n$/)
  return JSON.parse(stdout)
}

test('every command is in the table, or in a list that says why not', () => {
  const listed = [...GRANTED.map(([command]) => command), ...Object.keys(ELSEWHERE)]
  const known = [...new Set([...listed, ...Object.keys(STREAMS)])]
  expect(known.toSorted()).toEqual([...commands, 'scope'].sort())
})

test('called wrongly, every command prints one document of the kind usage, and ends with 2', async () => {
  for (const command of commands) {
    const ran = await runHere([...command.split(' '), '--no-such-flag', '--json'], {})
    expect(ran.exit, command).toBe(2)
    expect(documentOf(ran.stdout), command).toMatchObject({ error: 'usage' })
  }
})

describe('one JSON document on stdout, and nothing else', () => {
  const asking = GRANTED.filter(([command]) => !HERE.includes(command))

  test.each(asking)('%s, refused', async (command, rest) => {
    const values = { ...site.values, planner: String(site.values['gone']) }
    const words = wordsOf(command, rest, { ...values, worker: values.planner })
    const wrong = { WRIT_TOKEN: `writ_owner_${'A'.repeat(43)}`, WRIT_TOKEN_FILE: '' }
    const ran = await runHere([...words, '--json'], { ...site.env, ...wrong })
    expect(ran.exit, ran.stderr + ran.stdout).toBe(3)
    expect(documentOf(ran.stdout)).toMatchObject({ code: expect.any(String) })
  })

  test.each(asking)('%s, of a server that is not there', async (command, rest) => {
    const nobody = { api: 'http://127.0.0.1:1', tls: 'https://127.0.0.1:1' }
    const away = { WRIT_ADDR: nobody.api, WRIT_AGENTS_ADDR: nobody.tls }
    const words = wordsOf(command, rest, site.values)
    const ran = await runHere([...words, '--json'], { ...site.env, ...away })
    expect(ran.exit, ran.stderr + ran.stdout).toBe(1)
    expect(documentOf(ran.stdout)).toMatchObject({ error: 'failure' })
    expect(ran.stderr).toMatch(/\nNext: /)
  })

  test.each(GRANTED)('%s, granted', async (command, rest) => {
    const words = wordsOf(command, rest, site.values)
    const ran = await runHere([...words, '--json'], site.env)
    expect(ran.exit, ran.stderr + ran.stdout).toBe(0)
    expect(documentOf(ran.stdout)).toBeTypeOf('object')
  })
})
