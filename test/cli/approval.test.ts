import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovalView } from '../../src/client/views/approvals.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let server: CliServer
let planner = ''
let scope = ''
let asked: ApprovalView

beforeAll(async () => {
  server = await startCliServer()
  planner = join(server.folder, 'planner')
  const grant = { type: 'http', hosts: ['api.example.com'], methods: ['GET'], paths: ['/x/**'] }
  const audiences = ['https://gateway.test/up']
  const document = {
    type: 'urn:writ:scope:v1',
    grants: [grant],
    audiences,
    limits: { max_depth: 2, max_uses: 'unlimited' },
    requires: { approval: true, attestation_min: 'none', attestation_max_age_seconds: 'any' },
    delegation: { allowed: true, delegates: ['spiffe://writ.local/agent/**'] },
  }
  scope = join(server.folder, 'scope.json')
  writeFileSync(scope, JSON.stringify(document))
  const words = ['agent', 'add', 'planner', '--contract', scope, '--out', planner]
  const added = await server.owner(words)
  if (added.exit !== 0) throw new Error(added.stderr)
})
afterAll(() => server.close())

const asPlanner = (...words: string[]) => server.writ([...words, '--identity', planner])

describe('a token that needs a yes, each step one command', () => {
  let mint: string[]

  test('token mint ends with status 3 and shows what has to be approved', async () => {
    const opened = await asPlanner('lease', 'open', '--scope', scope, '--json')
    expect(opened.exit, opened.stderr).toBe(0)
    const lease = JSON.parse(opened.stdout).id as string
    mint = ['token', 'mint', '--lease', lease, '--audience', 'https://gateway.test/up']
    mint.push('--pin', 'GET https://api.example.com/x/1', '--reason', 'look at one')
    const ran = await asPlanner(...mint, '--json')
    expect(ran.exit).toBe(3)
    asked = JSON.parse(ran.stdout).approval
    expect(asked).toMatchObject({ state: 'pending', unverified_reason: 'look at one' })
    expect(ran.stderr).toContain(`--approval ${asked.id}`)
  })

  test('approval list and show tell the owner everything, the reason as unverified', async () => {
    const listed = await server.owner(['approval', 'list'])
    expect(listed.stdout).toContain('GET https://api.example.com/x/1')
    const shown = await server.owner(['approval', 'show', asked.id])
    expect(shown.stdout).toMatch(/^planner {2}lease_/m)
    expect(shown.stdout).toMatch(/^says, unverified +look at one$/m)
    expect(shown.stdout).toMatch(/^attestation +warning, by mtls$/m)
    expect(shown.stdout).toContain(asked.digest)
  })

  test('approval approve asks first, and refuses what was not seen', async () => {
    const unasked = await server.owner(['approval', 'approve', asked.id])
    expect([unasked.exit, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')])
    const swapped = ['approval', 'approve', asked.id, '--yes', '--digest', 'another']
    expect((await server.owner(swapped)).exit).toBe(1)
    const seen = ['approval', 'approve', asked.id, '--yes', '--digest', asked.digest]
    expect((await server.owner(seen)).stdout).toBe(`${asked.id}  approved\n`)
  })

  test('the same command with --approval mints the token, once', async () => {
    const minted = await asPlanner(...mint, '--approval', asked.id)
    expect([minted.exit, minted.stdout.split('.').length]).toEqual([0, 3])
    const again = await asPlanner(...mint, '--approval', asked.id)
    expect([again.exit, again.stderr]).toEqual([3, expect.stringContaining('used already')])
  })

  test('with --wait it waits for the yes, and for the no', async () => {
    for (const word of ['approve', 'deny']) {
      const waiting = asPlanner(...mint, '--wait')
      const id = await pending()
      const decided = ['approval', word, id, ...(word === 'approve' ? ['--yes'] : [])]
      expect((await server.owner(decided)).exit).toBe(0)
      const ran = await waiting
      expect(ran.stderr).toContain(`Waiting for the yes of`)
      const told = word === 'approve' ? 'Approved.' : 'The approval is denied.'
      expect([ran.exit, ran.stderr]).toEqual([
        word === 'approve' ? 0 : 3,
        expect.stringContaining(told),
      ])
    }
  }, 60_000)
})

/** The id of the one approval that waits, once there is one. */
async function pending(): Promise<string> {
  for (;;) {
    const ran = await server.owner(['approval', 'list', '--json'])
    const { items } = JSON.parse(ran.stdout) as { items: readonly ApprovalView[] }
    const [first] = items
    if (first !== undefined) return first.id
  }
}
