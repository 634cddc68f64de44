import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../src/cli/outcome.ts'
import { type CliServer, startCliServer } from '../support/cli-server.ts'

let server: CliServer

beforeAll(async () => {
  server = await startCliServer()
  const planner = join(server.folder, 'planner')
  const scope = join(server.folder, 'scope.json')
  const grant = { type: 'http', hosts: ['api.example.com'], methods: ['GET'], paths: ['/x/**'] }
  const audiences = ['https://gateway.test/up']
  writeFileSync(scope, JSON.stringify({ type: 'urn:writ:scope:v1', grants: [grant], audiences }))
  const words = ['agent', 'add', 'planner', '--contract', scope, '--out', planner]
  const added = await server.owner(words)
  if (added.exit !== 0) throw new Error(added.stderr)
  const opened = await server.writ(['lease', 'open', '--scope', scope, '--identity', planner])
  if (opened.exit !== 0) throw new Error(opened.stderr)
})
afterAll(() => server.close())

/** A folder with one rule; answers its path. */
function folderWith(name: string, text: string): string {
  const folder = join(server.folder, name)
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, 'a.toml'), text, { mode: 0o600 })
  return folder
}

describe('writ policy replay', () => {
  it('CDP-40: tells before the first set is in force what it would refuse', async () => {
    const stop = '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n'
    const ran = await server.owner(['policy', 'replay', folderWith('stop', stop)])
    expect(ran.exit, ran.stderr).toBe(EXIT.denied)
    expect(ran.stdout).toContain('1  lease.opened  allow → deny')
    expect(ran.stdout).toContain('allow (no policy) → deny (stop)')
  })

  it('ends with status 0 when nothing would change, and says what was read', async () => {
    const all =
      '[[policy]]\nname = "all"\nmatch.agents = ["spiffe://writ.local/agent/planner"]\n' +
      'approval.mode = "auto"\nallow = "contract"\n'
    const words = ['policy', 'replay', folderWith('all', all), '--limit', '50', '--json']
    const ran = await server.owner(words)
    expect(ran.exit, ran.stderr + ran.stdout).toBe(0)
    expect(JSON.parse(ran.stdout)).toMatchObject({ decisions: 1, unchanged: 1, changes: [] })
  })

  it('tells file, line and reason of a set that is none', async () => {
    const ran = await server.owner(['policy', 'replay', folderWith('none', '[[policy]]\nx = 1\n')])
    expect(ran.exit).toBe(EXIT.denied)
    expect(ran.stdout).toContain('a.toml:2: x: no such member')
  })
})

describe('writ policy check', () => {
  const stop = '[[policy]]\nname = "stop"\nmatch = "any"\napproval.mode = "deny"\n'

  it('tells which names of the folder were read and which not, with the reason', async () => {
    const folder = folderWith('partly', stop)
    for (const name of ['a.toml.sig', 'b.toml~', '.c.toml'])
      writeFileSync(join(folder, name), stop, { mode: 0o600 })
    mkdirSync(join(folder, 'later'))
    const ran = await server.owner(['policy', 'check', folder])
    expect([ran.exit, ran.stdout.trim().split('\n').slice(-4)]).toEqual([
      0,
      [
        'read: a.toml',
        'not read: .c.toml: its name begins with a dot',
        'not read: b.toml~: its name does not end in .toml',
        'not read: later: it is a folder',
      ],
    ])
    const told = JSON.parse((await server.owner(['policy', 'check', folder, '--json'])).stdout)
    expect(told).toMatchObject({ sound: true, files: ['a.toml'] })
    expect(told.passed_over).toHaveLength(3)
  })

  it('refuses a file whose ending is in capitals', async () => {
    const folder = folderWith('capitals', stop)
    writeFileSync(join(folder, 'DENY.TOML'), stop, { mode: 0o600 })
    const ran = await server.owner(['policy', 'check', folder])
    expect(ran.exit).toBe(EXIT.denied)
    expect(ran.stdout).toContain('DENY.TOML:1: its name has to end in .toml, in small letters')
  })
  it('no name of a file or member in it fakes a verdict', async () => {
    const name = 'b\u001b[2K\nsound, version 1: .toml'
    const sound = folderWith('faked', stop)
    writeFileSync(join(sound, `${name}~`), stop, { mode: 0o600 })
    const refused = folderWith('faking', stop)
    writeFileSync(join(refused, name), '[[policy]]\n"x\\u001b[2K\\n" = 1\n', { mode: 0o600 })
    for (const [verb, folder] of [
      ['check', sound],
      ['check', refused],
      ['replay', refused],
    ] as const) {
      const { stdout } = await server.owner(['policy', verb, folder])
      expect(stdout, verb).toContain('\\u001b[2K')
      expect(stdout, verb).not.toMatch(/(?!\n)\p{Cc}|^sound, version 1:/mu)
    }
  })
})
