import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { runHere } from '../support/cli-here.ts'
import { runWrit } from '../support/cli-process.ts'
import { letters } from '../support/made-secrets.ts'

const TOKEN = `ghp_${letters(36)}`
const LINE = `const token = '${TOKEN}'\n`

const top = mkdtempSync(join(tmpdir(), 'writ-scan-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))

/** A folder of its own with these files in it. */
function tree(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  const folder = join(top, name)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

async function scan(folder: string, ...more: readonly string[]) {
  const ran = await runHere(['scan', folder, ...more, '--json'], {})
  return { exit: ran.exit, ...JSON.parse(ran.stdout) }
}

const placesOf = (found: { readonly findings: readonly { file: string; line: number }[] }) =>
  found.findings.map(({ file, line }) => `${file}:${line}`)

describe('PROXY-05: writ scan', () => {
  test('says file, line and kind of each, and shows nothing that could be used', async () => {
    const secret = letters(24)
    const folder = tree('some', {
      'src/deep/a.ts': `// a\n\n${LINE}${LINE.trimEnd()} + '${TOKEN}'\n`,
      '.env': `PORT=80\nSHOP_KEY=${secret}\n`,
      'README.md': 'nothing\n',
    })
    const ran = await runWrit(['scan', folder])
    expect([ran.exit, ran.stderr]).toEqual([1, ''])
    const [env, first, second, sum] = ran.stdout.split('\n')
    expect(env).toBe(`.env:2  SHOP_KEY: its name says KEY  ${secret.slice(0, 2)}…`)
    expect(first).toBe('src/deep/a.ts:3  token of GitHub  ghp_…')
    expect([second?.slice(0, 15), sum]).toEqual(['src/deep/a.ts:4', '3 found in 3 files.'])
    expect(ran.stdout).toContain('Not seen: what older commits of git have;')
    const { exit, ...found } = await scan(folder)
    expect([exit, found.ok, found.found, found.files]).toEqual([1, false, 3, 3])
    for (const told of [ran.stdout, JSON.stringify(found)]) {
      expect([told.includes(TOKEN.slice(5)), told.includes(secret.slice(3))]).toEqual([
        false,
        false,
      ])
    }
  })

  test('ends with 0 where there is nothing, and with 2 where it can not look', async () => {
    const folder = tree('clean', { 'a/README.md': 'nothing\n', '.env.example': 'SHOP_KEY=\n' })
    expect(await scan(folder)).toMatchObject({ exit: 0, ok: true, findings: [], files: 2 })
    expect(await scan(join(folder, 'none'))).toMatchObject({ exit: 2, error: 'usage' })
    expect(await scan(join(folder, '.env.example'))).toMatchObject({ exit: 2, error: 'usage' })
  })

  test.skipIf(process.getuid?.() === 0)('a folder that it may not list is not clean', async () => {
    const folder = tree('closed', { 'a.ts': LINE })
    chmodSync(folder, 0o300)
    expect(await scan(folder)).toMatchObject({ exit: 2, error: 'usage' })
    chmodSync(folder, 0o700)
  })

  test('follows no link, opens no pipe, and says what it left', async () => {
    const outside = tree('outside', { 'key.ts': LINE })
    const folder = tree('links', {
      'data.bin': `\0${LINE}`,
      'large.sql': Buffer.alloc(4 * 1024 * 1024 + 1, LINE),
      'node_modules/a/index.js': LINE,
      'fixtures/a.ts': LINE,
    })
    symlinkSync(outside, join(folder, 'folder'))
    symlinkSync(join(outside, 'key.ts'), join(folder, 'file.ts'))
    symlinkSync(folder, join(folder, 'round'))
    execFileSync('mkfifo', [join(folder, 'pipe.env')])
    const found = await scan(folder, '--skip', './fixtures/')
    expect(found).toMatchObject({ exit: 0, found: 0, files: 0 })
    expect(found.passed).toEqual({ binary: 1, large: 1, links: 3, unreadable: 0, folders: 2 })
    symlinkSync(folder, join(top, 'called-by-a-link'))
    expect(placesOf(await scan(join(top, 'called-by-a-link')))).toEqual(['fixtures/a.ts:1'])
  })

  test('of a repository it reads the settings, and none of its objects', async () => {
    const folder = tree('repository', {
      '.git/config': `[remote "origin"]\n\turl = https://me:${letters(14)}@git.example.com/a\n`,
      '.git/objects/aa/bb': LINE,
      'sub/.git/config': `[core]\n\tbare = false\n`,
    })
    const found = await scan(folder)
    expect([placesOf(found), found.files]).toEqual([['.git/config:2'], 2])
  })

  test('a key of Writ is told of when others can read it, and belongs where it is otherwise', async () => {
    const pem = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519'], { encoding: 'utf8' })
    const folder = tree('identities', {
      'clerk/agent.key': pem,
      'clerk/agent.crt': 'certificate',
      'keys/keyring.json': '{}',
      'keys/owner.token': `writ_owner_${letters(43)}\n`,
      'elsewhere/agent.key': pem,
    })
    const own = ['clerk/agent.key', 'keys/keyring.json', 'keys/owner.token']
    for (const name of own) chmodSync(join(folder, name), 0o600)
    const closed = await scan(folder)
    expect([placesOf(closed), closed.ownKeys]).toEqual([['elsewhere/agent.key:1'], 3])
    for (const name of own) chmodSync(join(folder, name), 0o640)
    const open = await scan(folder)
    expect(open.ownKeys).toBe(0)
    const told = open.findings.filter(({ what }: { what: string }) =>
      what.startsWith('key of Writ'),
    )
    expect(placesOf({ findings: told }).sort()).toEqual(own.map((name) => `${name}:1`))
  })

  test('a name of a file can not fake a line', async () => {
    const folder = tree('names', { 'a\u001b[2K\nb:1.ts': LINE })
    const { stdout } = await runHere(['scan', folder], {})
    expect(stdout.split('\n')[0]).toBe('a\\u001b[2K\\u000ab:1.ts:1  token of GitHub  ghp_…')
  })

  test('tells a thousand, and counts the rest', async () => {
    const found = await scan(tree('many', { 'a.ts': LINE.repeat(1_234) }))
    expect([found.findings.length, found.found]).toEqual([1_000, 1_234])
    expect((await runHere(['scan', join(top, 'many')], {})).stdout).toContain('\nand 234 more\n')
  })

  test('many in one line take no longer than many lines', async () => {
    const times = Math.floor((4 * 1024 * 1024) / (TOKEN.length + 1))
    const spentOn = async (name: string, apart: string, found: number) => {
      const folder = tree(name, { 'a.js': `${TOKEN}${apart}`.repeat(times) })
      const begun = process.cpuUsage()
      expect(await scan(folder)).toMatchObject({ found })
      return process.cpuUsage(begun).user
    }
    const lines = await spentOn('lines', '\n', times)
    expect(await spentOn('line', ' ', 1)).toBeLessThan(3 * lines + 1_000_000)
  })

  test('holds one file at a time, however much there is', async () => {
    // Longer texts would lie outside the heap that is bounded here.
    const file = Buffer.alloc(1_000_000, 'a line of words and nothing else in it\n')
    const names = Array.from({ length: 200 }, (_, index) => [`${index}.txt`, file] as const)
    const folder = tree('large', { ...Object.fromEntries(names), 'z.ts': LINE })
    const env = { NODE_OPTIONS: '--max-old-space-size=80' }
    const ran = await runWrit(['scan', folder, '--json'], { env })
    expect(ran.exit, ran.stderr).toBe(1)
    expect(JSON.parse(ran.stdout)).toMatchObject({ files: 201, found: 1 })
  })
})
