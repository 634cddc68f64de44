import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runWrit } from '../support/cli-process.ts'

test('without a word there is help on stdout, with every command and a first step', async () => {
  const ran = await runWrit([])
  expect(ran).toMatchObject({ exit: 0, stderr: '' })
  for (const { name } of COMMANDS) expect(ran.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  expect(ran.stdout).toContain('writ serve --dev')
})

test('help about a verb is the help of that verb', async () => {
  const ran = await runWrit(['help', 'lease', 'open'])
  expect(ran.exit).toBe(0)
  expect(ran.stdout).toMatch(/^Usage: writ lease open .*--scope/s)
})

test.each([
  [['agnet', 'list'], /unknown command 'agnet'\n\(Did you mean agent\?\)/],
  [['lease', 'opn'], /unknown command 'opn'\n\(Did you mean open\?\)/],
  [['lease', 'list', '--holdr', 'x'], /unknown option '--holdr'\n\(Did you mean --holder\?\)/],
])('%j is a usage error that says what was meant', async (words, sentence) => {
  const ran = await runWrit(words)
  expect(ran).toMatchObject({ exit: 2, stdout: '' })
  expect(ran.stderr).toMatch(sentence)
})

test('a noun without a verb answers with its help', async () => {
  const ran = await runWrit(['lease'])
  expect(ran).toMatchObject({ exit: 0, stderr: '' })
  expect(ran.stdout).toMatch(/^Usage: writ lease .* open /s)
})

test('a failure with --json is one document on stdout, and the sentence on stderr', async () => {
  const ran = await runWrit(['tree', 'lease_x', '--json'])
  expect(ran.exit).toBe(2)
  expect(ran.stdout.split('\n')).toHaveLength(2)
  expect(JSON.parse(ran.stdout)).toEqual({ error: 'usage', detail: ran.stderr.trimEnd() })
})

test('I12: a token on the command line is refused and not repeated', async () => {
  const ran = await runWrit(['token', 'inspect', 'eyJhbGciOiJFZERTQSJ9.e30.AAAA'])
  expect(ran.exit).toBe(2)
  expect(ran.stdout + ran.stderr).not.toContain('eyJ')
})

test('no colour goes into a pipe unless it is asked for', async () => {
  const words = ['doctor', '--addr', 'http://127.0.0.1:1']
  expect((await runWrit(words)).stdout).not.toContain('\u001b')
  const forced = await runWrit(words, { env: { PATH: process.env['PATH'], FORCE_COLOR: '1' } })
  expect(forced.stdout).toContain('\u001b[')
})
