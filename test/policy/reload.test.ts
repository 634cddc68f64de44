import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../src/policy/rule.ts'
import type { PolicySet } from '../../src/policy/set.ts'
import {
  PolicyFault,
  problemText,
  type WatchedPolicies,
  watchPolicies,
} from '../../src/policy/source.ts'
import { freshFolder } from '../support/pki.ts'
import { NOON, opening, READ_REPOS, scopeOf } from './samples.ts'

const READ = opening(scopeOf(['GET'], ['/repos/a']))
const DENY_ALL = '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n'

let open: WatchedPolicies[] = []
afterEach(async () => {
  await Promise.all(open.map((policies) => policies.close()))
  open = []
})

async function watched(pollMs = 60_000) {
  const folder = join(freshFolder(), 'policies')
  mkdirSync(folder, { mode: 0o700 })
  const put = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  put('a.toml', READ_REPOS)
  const loaded: PolicySet[] = []
  const refused: (readonly Problem[])[] = []
  const news = {
    loaded: (set: PolicySet) => loaded.push(set),
    refused: (problems: readonly Problem[]) => refused.push(problems),
  }
  const policies = await watchPolicies(folder, { now: () => NOON, news, pollMs })
  open.push(policies)
  const effect = () => policies.current().decide(READ).effect
  return { folder, put, policies, loaded, refused, effect }
}

describe('CDP-41: policies are followed without a restart', () => {
  it('a changed file is in force soon, and is another version', async () => {
    const { put, policies, effect, loaded } = await watched()
    const before = policies.current()
    expect(effect()).toBe('allow')
    put('b.toml', DENY_ALL)
    await expect.poll(effect, { timeout: 10_000 }).toBe('deny')
    expect(policies.current().version).not.toBe(before.version)
    expect(before.decide(READ).effect).toBe('allow')
    expect(loaded.at(-1)).toBe(policies.current())
  })

  it('a file that an editor puts in its place by renaming is read too', async () => {
    const { put, folder, effect } = await watched()
    put('.a.toml.new', DENY_ALL)
    renameSync(join(folder, '.a.toml.new'), join(folder, 'a.toml'))
    await expect.poll(effect, { timeout: 10_000 }).toBe('deny')
  })

  it('a folder that is replaced is found by looking, where nobody tells', async () => {
    const { folder, effect } = await watched(50)
    const next = `${folder}.next`
    mkdirSync(next, { mode: 0o700 })
    writeFileSync(join(next, 'a.toml'), DENY_ALL, { mode: 0o600 })
    renameSync(folder, `${folder}.old`)
    renameSync(next, folder)
    await expect.poll(effect, { timeout: 10_000 }).toBe('deny')
  })

  it('a wrong set is refused whole, tells file and line once, and the old one stays', async () => {
    const { put, folder, policies, refused, loaded, effect } = await watched()
    put('b.toml', DENY_ALL)
    put('c.toml', '[[policy]]\nname = "c"\nspeed = 1\n')
    await policies.reload()
    await policies.reload()
    expect(effect()).toBe('allow')
    expect(refused).toHaveLength(1)
    const [problem] = policies.problems()
    expect(problem && problemText('policies', problem)).toBe(
      'policies/c.toml:3: speed: no such member',
    )
    rmSync(join(folder, 'c.toml'))
    await policies.reload()
    expect(effect()).toBe('deny')
    expect(policies.problems()).toEqual([])
    expect(loaded).toHaveLength(1)
  })

  it('a folder that is gone, or empty, leaves the old set in force', async () => {
    const { folder, policies, effect } = await watched()
    rmSync(join(folder, 'a.toml'))
    await policies.reload()
    expect(policies.problems()[0]?.reason).toContain('no file')
    rmSync(folder, { recursive: true })
    await policies.reload()
    expect(policies.problems()[0]?.reason).toContain('ENOENT')
    expect(effect()).toBe('allow')
  })

  it('a wrong set at the first start is a fault that says file, line and reason', async () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'a.toml'), '[[policy]]\nname = "A"\n', { mode: 0o600 })
    const news = { loaded: () => undefined, refused: () => undefined }
    const started = watchPolicies(folder, { now: () => NOON, news })
    await expect(started).rejects.toThrow(PolicyFault)
    await expect(started).rejects.toThrow('a.toml:2: name: not a name of lowercase letters')
  })
})
