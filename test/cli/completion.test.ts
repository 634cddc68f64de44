import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { bashScript } from '../../src/cli/completion/bash.ts'
import { fishScript } from '../../src/cli/completion/fish.ts'
import { type CompletedCommand, completionTable } from '../../src/cli/completion/table.ts'
import { zshScript } from '../../src/cli/completion/zsh.ts'
import { buildWholeProgram } from '../../src/cli/program.ts'
import { runWrit } from '../support/cli-process.ts'

let rows: readonly CompletedCommand[]
let folder = ''
beforeAll(async () => {
  rows = completionTable(await buildWholeProgram())
  folder = mkdtempSync(join(tmpdir(), 'writ-completion-'))
  for (const name of ['scope-a.json', 'scope-b.json']) writeFileSync(join(folder, name), '{}')
  mkdirSync(join(folder, 'policies'))
  for (const [name, render] of RENDERERS) writeFileSync(join(folder, name), render('writ', rows))
})

const RENDERERS = [
  ['writ.bash', bashScript],
  ['writ.zsh', zshScript],
  ['writ.fish', fishScript],
] as const

/** What a shell may offer for these words: the last is the one under the cursor. */
const OFFERS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['nouns', ['cred'], ['credential']],
  ['verbs', ['lease', 'r'], ['renew', 'release']],
  ['verbs behind a flag of every command', ['--identity', 'lease', 'lease', 'op'], ['open']],
  ['verbs behind a flag without a value', ['lease', '--json', 'sh'], ['show']],
  ['flags of a verb', ['lease', 'open', '--sc'], ['--scope']],
  ['flags of every command', ['audit', 'verify', '--token-f'], ['--token-file']],
  ['settings of servers', ['serve', '--policy-d'], ['--policy-dir']],
  ['files for a flag', ['lease', 'open', '--scope', 'scope'], ['scope-a.json', 'scope-b.json']],
  ['files for an argument', ['explain', 'scope-a'], ['scope-a.json']],
  ['folders for an argument', ['policy', 'check', 'pol'], ['policies']],
  ['nothing where any text may stand', ['lease', 'open', '--reason', 'scope'], []],
]

describe('bash completes', () => {
  test.each(OFFERS)('%s: writ %j', (_what, words, offered) => {
    expect(inBash(words)).toEqual([...offered].sort())
  })

  test('every command there is', () => {
    for (const { words, verbs } of rows) {
      const at = words === '' ? [] : words.split(' ')
      const wanted = verbs.map(({ name }) => name).sort()
      if (wanted.length > 0) expect(inBash([...at, ''])).toEqual(wanted)
    }
  }, 60_000)
})

/** Sources the script, and asks the registered function as a terminal would. */
function inBash(words: readonly string[]): readonly string[] {
  const script = [
    'source "$1"; shift',
    'COMP_WORDS=(writ "$@"); COMP_CWORD=$#',
    'complete -p writ | grep -q -- "-F _writ writ" && _writ',
    `printf "%s\\n" "\${COMPREPLY[@]}"`,
  ].join('\n')
  const ran = spawnSync(
    'bash',
    ['--norc', '-c', script, 'bash', join(folder, 'writ.bash'), ...words],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  expect(ran.stderr).toBe('')
  return ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0

describe('other shells, which are asked where they are installed', () => {
  test.skipIf(!has('zsh'))('zsh reads the script and offers the verbs', () => {
    const script = [
      `_describe() { print -rl -- "\${(@P)argv[-1]}" }`,
      'compdef() { : }',
      'source "$1"; words=(writ lease r); CURRENT=3; _writ',
    ].join('\n')
    const ran = spawnSync('zsh', ['-f', '-c', script, 'zsh', join(folder, 'writ.zsh')], {
      encoding: 'utf8',
    })
    expect(ran.stdout).toContain('renew:move the end')
  })

  test.skipIf(!has('fish'))('fish reads the script and offers the verbs', () => {
    const script = `source ${join(folder, 'writ.fish')}; complete -C'writ lease r'`
    const ran = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8' })
    expect(ran.stdout).toMatch(/^renew\t.*\nrelease\t/m)
  })
})

test('writ completion prints the script of the shell, and knows no other shell', async () => {
  const ran = await runWrit(['completion', 'bash'])
  expect(ran).toMatchObject({ exit: 0, stderr: '', stdout: bashScript('writ', rows) })
  const unknown = await runWrit(['completion', 'tcsh'])
  expect(unknown).toMatchObject({ exit: 2, stdout: '' })
  expect(unknown.stderr).toMatch(/bash, zsh and fish/)
})
