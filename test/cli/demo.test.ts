import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StepReport } from '../../examples/demo/step.ts'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))
/** Some 15 seconds when nothing else runs. */
const DEMO_MS_MAX = 150_000

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-demo-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A disk that takes no new folder. */
const FULL_DISK = `data:text/javascript,${encodeURIComponent(`
  import fs from 'node:fs'
  import { syncBuiltinESMExports } from 'node:module'
  fs.promises.mkdtemp = () => Promise.reject(new Error('the disk is full'))
  syncBuiltinESMExports()
`)}`

/** Runs the demo, with these options of Node; all of its stdout has to be one JSON document. */
async function runDemo(...options: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', ...options, MAIN, '--json'], {
    env: { PATH: process.env['PATH'], TMPDIR: folder, WRIT_LOG_LEVEL: 'not for the demo' },
  })
  const out: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  const [exit] = await once(child, 'close')
  const { ok, steps } = JSON.parse(Buffer.concat(out).toString('utf8')) as {
    readonly ok: boolean
    readonly steps: readonly StepReport[]
  }
  return { exit, ok, steps }
}

test(
  'every step of the demo holds, with real processes, and nothing is left behind',
  async () => {
    const { exit, ok, steps } = await runDemo()
    expect(steps.filter((step) => !step.ok)).toEqual([])
    expect({ ok, exit }).toEqual({ ok: true, exit: 0 })
    const refused = steps.flatMap(({ refusal }) => refusal ?? [])
    expect([...new Set(refused)].sort()).toEqual([
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
    for (const page of ['../../README.md', '../../examples/demo/README.md']) {
      const text = await readFile(new URL(page, import.meta.url), 'utf8')
      const counts = [...text.matchAll(/(\d+)\s+steps[\s\S]*?(\d+) of them/g)].map((found) => [
        Number(found[1]),
        Number(found[2]),
      ])
      expect(counts, page).toEqual([[steps.length, refused.length]])
    }
  },
  DEMO_MS_MAX,
)

test('a demo with a step that does not hold says which, and ends with 1', async () => {
  const { exit, ok, steps } = await runDemo('--import', FULL_DISK)
  expect({ exit, ok }).toEqual({ exit: 1, ok: false })
  expect(steps.map((step) => step.ok)).toEqual([false])
  expect(steps[0]?.detail).toContain('the disk is full')
})
