import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepReport } from '../../examples/demo/step.ts'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-demo-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('every step of the demo holds, with real processes, and nothing is left behind', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, '--json'], {
    env: { PATH: process.env['PATH'], TMPDIR: folder },
  })
  const out: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  const [exit] = await once(child, 'close')
  const { ok, steps } = JSON.parse(Buffer.concat(out).toString('utf8')) as {
    readonly ok: boolean
    readonly steps: readonly StepReport[]
  }
  expect(steps.filter((step) => !step.ok)).toEqual([])
  expect({ ok, exit }).toEqual({ ok: true, exit: 0 })
  expect(steps.length).toBeGreaterThanOrEqual(75)
  const refusals = new Set(steps.flatMap(({ refusal }) => refusal ?? []))
  expect([...refusals].sort()).toEqual([
    'approval_denied',
    'approval_required',
    'audience_mismatch',
    'budget_exhausted',
    'conflict',
    'credential_not_permitted',
    'delegate_not_allowed',
    'depth_exceeded',
    'expired',
    'forbidden',
    'holder_binding_failed',
    'not_narrower',
    'revoked',
    'scope_not_granted',
    'suspended',
    'token_kind',
    'token_used',
    'unauthenticated',
    'uses_exhausted',
  ])
  expect((await readdir(folder)).filter((name) => name.startsWith('writ-demo-'))).toEqual([])
})
