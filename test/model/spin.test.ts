import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const MODEL = resolve('docs/model/redeem-delegate-revoke.pml')
const isInstalled = ['spin -V', 'cc --version'].every((line) => {
  const [command = '', ...options] = line.split(' ')
  return spawnSync(command, options).status === 0
})
const skipped = isInstalled ? '' : ' (skipped: Spin and a C compiler are not installed)'

/** What Spin says after it has looked at every state, or at the first one that is wrong. */
function verify(...defined: readonly string[]): string {
  const cwd = mkdtempSync(join(tmpdir(), 'writ-spin-'))
  const options = { cwd, encoding: 'utf8' } as const
  execFileSync('spin', [...defined.map((name) => `-D${name}`), '-a', MODEL], options)
  execFileSync(
    'cc',
    ['-O2', '-DSAFETY', '-DCOLLAPSE', '-DMEMLIM=2048', '-o', 'pan', 'pan.c'],
    options,
  )
  return execFileSync('./pan', ['-m100000'], options)
}

/** The assertion that was found to be wrong. */
function wrong(said: string): string | undefined {
  return /assertion violated +(.*?) \(at depth/.exec(said)?.[1]
}

describe.skipIf(!isInstalled)(`the formal model${skipped}`, () => {
  it('I7, I9, I11: hold in every interleaving of gateways, births, a revocation and a crash', () => {
    const said = verify()
    expect(said).toMatch(/errors: 0\n/)
    expect(said).not.toContain('search depth too small')
  }, 120_000)

  it('I7, I9: hold within max_stale for an enforcement point in detached mode', () => {
    expect(verify('DETACHED')).toMatch(/errors: 0\n/)
  }, 60_000)

  it.each([
    ['redeeming looks first and writes later', 'I7', ['READ_THEN_WRITE'], 'success[t]<=1'],
    ['liveness is copied into descendants', 'I9', ['COPIED_LIVENESS'], '!(late)'],
    ['a gateway caches the verdict', 'I9', ['VERDICT_CACHE'], '!(late)'],
    ['an unknown redemption is made again', 'I7', ['REDO_UNKNOWN'], 'success[t]<=1'],
    ['answers go out before the commit', 'I9', ['EARLY_ANSWER'], '!(late)'],
    ['an unknown outcome gives back what it reserved', 'I11', ['RELEASE_UNKNOWN'], 'cost<=1'],
    ['age is counted from arrival', 'I9', ['DETACHED', 'STALE_BY_ARRIVAL'], 'answered_at'],
  ])(
    'when %s, %s is refuted',
    (_what, _law, defined, assertion) => {
      expect(wrong(verify(...defined))).toContain(assertion)
    },
    60_000,
  )
})
