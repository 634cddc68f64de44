import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openPolicies } from '../../src/compose/policies.ts'
import { POLICY_NAMES_TOLD_MAX } from '../../src/domain/limits.ts'
import { createLog } from '../../src/log.ts'
import { readPolicyFolder, unexpected } from '../../src/policy/read-folder.ts'
import type { WatchedPolicies } from '../../src/policy/source.ts'
import { freshFolder } from '../support/pki.ts'
import { READ_REPOS } from './samples.ts'

const DENY_ALL = '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n'

let open: WatchedPolicies[] = []
afterEach(async () => {
  await Promise.all(open.map((policies) => policies.close()))
  open = []
})

function folderOf() {
  const folder = join(freshFolder(), 'policies')
  mkdirSync(folder, { mode: 0o700 })
  const put = (name: string, text = READ_REPOS) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  put('a.toml')
  return { folder, put }
}

/** The folder as a process follows it; what the log says of names that are not read. */
async function followed(folder: string) {
  const lines: string[] = []
  const log = createLog({ level: 'info', destination: { write: (line) => lines.push(line) } })
  const policies = await openPolicies({ policy_dir: folder, policy_key: '' }, log, {
    policyLoad: () => undefined,
  })
  if (policies === undefined) throw new Error('there is a folder')
  open.push(policies)
  const told = () => lines.filter((line) => line.includes('policy.passed_over'))
  return { policies, told }
}

describe('what of a policy folder is not read', () => {
  it('is told with the reason; signatures go with their files, hidden names are as expected', async () => {
    const { folder, put } = folderOf()
    for (const name of ['a.toml.sig', 'b.toml~', 'README.md', '.hidden.toml']) put(name, DENY_ALL)
    mkdirSync(join(folder, 'team'))
    const { ok, names } = await readPolicyFolder(folder)
    expect([ok, names.files]).toEqual([true, ['a.toml']])
    expect(names.passedOver.map(({ name, why }) => `${name}: ${why}`)).toEqual([
      '.hidden.toml: its name begins with a dot',
      'README.md: its name does not end in .toml',
      'b.toml~: its name does not end in .toml',
      'team: it is a folder',
    ])
    expect(unexpected(names).map(({ name }) => name)).toEqual(['README.md', 'b.toml~', 'team'])
  })

  it('a folder that is mounted as Kubernetes mounts one is read, and nothing is told', async () => {
    const { folder, put } = folderOf()
    rmSync(join(folder, 'a.toml'))
    mkdirSync(join(folder, '..2026_11_21'), { mode: 0o700 })
    put(join('..2026_11_21', 'a.toml'))
    symlinkSync('..2026_11_21', join(folder, '..data'))
    symlinkSync(join('..data', 'a.toml'), join(folder, 'a.toml'))
    const { ok, names } = await readPolicyFolder(folder)
    expect([ok, names.files, unexpected(names)]).toEqual([true, ['a.toml'], []])
    expect((await followed(folder)).told()).toEqual([])
  })

  it.each(['DENY.TOML', 'deny.Toml'])(
    '%s was meant to be read: the set is refused',
    async (name) => {
      const { folder, put } = folderOf()
      put(name, DENY_ALL)
      const read = await readPolicyFolder(folder)
      expect(!read.ok && read.problems).toEqual([
        { file: name, line: 1, reason: 'its name has to end in .toml, in small letters' },
      ])
    },
  )

  it('the log says so once for each set, and once for each change', async () => {
    const { folder, put } = folderOf()
    put('b.toml~', DENY_ALL)
    const { policies, told } = await followed(folder)
    expect(told()).toHaveLength(1)
    expect(JSON.parse(told()[0] ?? '')).toMatchObject({ level: 'warn', count: 1, names: 'b.toml~' })
    await policies.reload()
    expect(told()).toHaveLength(1)
    put('c.toml', DENY_ALL)
    await policies.reload()
    expect(told()).toHaveLength(2)
    mkdirSync(join(folder, 'team'))
    await policies.reload()
    expect(told()).toHaveLength(3)
    rmSync(join(folder, 'b.toml~'))
    rmSync(join(folder, 'team'), { recursive: true })
    await policies.reload()
    expect(told()).toHaveLength(3)
  })

  it('the log names so many and tells how many there are', async () => {
    const { folder, put } = folderOf()
    for (let at = 0; at <= POLICY_NAMES_TOLD_MAX; at += 1) put(`${at}.bak`)
    const { told } = await followed(folder)
    const { count, names } = JSON.parse(told()[0] ?? '')
    expect([count, names.split(' ').length]).toEqual([
      POLICY_NAMES_TOLD_MAX + 1,
      POLICY_NAMES_TOLD_MAX,
    ])
  })
})
