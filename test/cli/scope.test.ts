import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runWrit } from '../support/cli-process.ts'

const grant = {
  type: 'http',
  schemes: ['https'],
  hosts: ['api.example.com'],
  ports: [443],
  methods: ['GET'],
  paths: ['/repos/**'],
  query: 'any',
  body: 'any',
  private_net: false,
  encoded_slash: false,
}
const parent = {
  type: 'urn:writ:scope:v1',
  grants: [grant],
  audiences: ['https://gateway.example:9443/api'],
  limits: {
    ttl_seconds: 600,
    max_uses: 100,
    max_depth: 2,
    max_children: 10,
    budgets: [],
    rate: 'unlimited',
  },
  requires: {
    approval: false,
    attestation_min: 'none',
    attestation_max_age_seconds: 'any',
    dpop: false,
    bind_request: false,
    read_only: false,
  },
  delegation: { allowed: true, delegates: ['spiffe://acme.example/agent/**'] },
}
const narrow = { type: 'urn:writ:scope:v1', grants: [{ type: 'http', paths: ['/repos/acme'] }] }
const wide = { type: 'urn:writ:scope:v1', grants: [{ type: 'http', paths: ['/**'] }] }
const inside = { type: 'http', method: 'GET', target: 'https://api.example.com/repos/acme' }
const outside = { type: 'http', method: 'PUT', target: 'https://api.example.com/repos/acme' }

let folder = ''
let parentFile = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-'))
  parentFile = join(folder, 'parent.json')
  writeFileSync(parentFile, JSON.stringify(parent))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const inline = JSON.stringify

describe('writ scope with two documents', () => {
  const cases = [
    ['a narrower child is within', ['check', inline(narrow), 'PARENT'], 0],
    ['a wider child is not', ['check', inline(wide), 'PARENT'], 3],
    ['a request inside is permitted', ['permits', 'PARENT', inline(inside)], 0],
    ['a request outside is not', ['permits', 'PARENT', inline(outside)], 3],
  ] as const
  test.each(cases)('%s', async (_name, words, exit) => {
    const named = words.map((word) => (word === 'PARENT' ? parentFile : word))
    const ran = await runWrit(['scope', ...named, '--json'])
    expect(ran).toMatchObject({ exit, stderr: '' })
    const verdict = JSON.parse(ran.stdout)
    expect(verdict.within ?? verdict.permitted).toBe(exit === 0)
    if (exit === 0) expect(verdict.witnesses ?? [verdict.grant]).toEqual([0])
    else expect(verdict.reasons).not.toEqual([])
  })

  test('a document comes on stdin for -, and the verdict is one line for people', async () => {
    const ran = await runWrit(['scope', 'check', '-', parentFile], { stdin: inline(wide) })
    expect(ran.exit).toBe(3)
    expect(ran.stdout).toMatch(/^not within:\n {2}\/grants\/0\/paths\/0 {2}.+\n$/)
  })

  test('what is malformed ends with 2 and tells where, also as a document', async () => {
    const twice = '{"type":"urn:writ:scope:v1","grants":[],"grants":[]}'
    const ran = await runWrit(['scope', 'check', twice, parentFile, '--json'])
    expect(ran.exit).toBe(2)
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: 'malformed', pointer: '/grants' })
    expect(ran.stderr).toMatch(/^Malformed at \/grants: /)
  })

  test('a missing document is a usage error', async () => {
    const ran = await runWrit(['scope', 'check', parentFile])
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toMatch(/CHILD PARENT/)
  })
})

describe('writ scope --batch', () => {
  test('answers each line in order with its own id', async () => {
    const lines = [
      inline({ id: 'a', child: narrow, parent }),
      inline({ id: 2, child: wide, parent }),
      inline({ id: 3, scope: parent, request: inside }),
      inline({ id: 4, scope: parent, request: outside }),
      '{not json',
      inline({ id: 6, child: narrow }),
      inline({ id: 7, child: { ...narrow, extra: 1 }, parent }),
      '{"id":8,"child":{"a":1,"a":1},"parent":{}}',
      '[]',
      '',
      inline({ id: 'last', child: narrow, parent }),
    ]
    const ran = await runWrit(['scope', 'check', '--batch', '--json'], { stdin: lines.join('\n') })
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
    const answers = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers).toMatchObject([
      { id: 'a', within: true, witnesses: [0] },
      { id: 2, within: false, reasons: [{ pointer: '/grants/0/paths/0' }] },
      { id: 3, permitted: true, grant: 0 },
      { id: 4, permitted: false, code: 'scope_not_granted' },
      { id: null, error: 'malformed' },
      { id: 6, error: 'malformed' },
      { id: 7, error: 'malformed', pointer: '/extra' },
      { id: 8, error: 'malformed', pointer: '/a' },
      { id: null, error: 'malformed' },
      { id: null, error: 'malformed' },
      { id: 'last', within: true },
    ])
    expect(Object.keys(answers[0])).toEqual(['id', 'within', 'witnesses'])
    expect(Object.keys(answers[4])).toEqual(['id', 'error', 'pointer', 'detail'])
  })

  test('a hundred thousand lines are answered, one each', async () => {
    const count = 100_000
    const lines = Array.from({ length: count }, (_, id) => inline({ id, child: narrow, parent }))
    const ran = await runWrit(['scope', '--batch'], { stdin: lines.join('\n') })
    expect(ran.exit).toBe(0)
    const answers = ran.stdout.trimEnd().split('\n')
    expect(answers).toHaveLength(count)
    expect(answers[count - 1]).toBe(`{"id":${count - 1},"within":true,"witnesses":[0]}`)
  })
})
