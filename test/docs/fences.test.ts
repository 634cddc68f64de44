import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../tidy/sources.ts'
import { type Block, blocksOf, treatmentOf, type Walked, walked } from './blocks.ts'
import { isAsTold } from './expected.ts'

/** Blocks of commands that no test runs, and why; each says so beside itself. */
const UNRUN: Readonly<Record<string, readonly [blocks: number, why: string]>> = {
  'docs/model/README.md': [1, 'Spin is not in CI'],
  'docs/operating/deploy.md': [2, 'containers and a cluster'],
  'docs/operating/hardening.md': [2, 'a system manager and user namespaces'],
  'docs/operating/performance.md': [2, 'minutes to hours of a quiet machine'],
  'docs/subjects/attestation.md': [1, 'a job of a code host'],
}

/** What contributors run and a test runs as well: see test/support/packed.ts. */
const RUN_BY_TESTS: readonly string[] = ['npm run build']

const commands = walked.flatMap((document) =>
  document.blocks
    .filter((block) => treatmentOf(block) !== undefined)
    .map((block) => ({ document, block, treatment: treatmentOf(block) })),
)

describe('commands in documents', () => {
  it('are all in blocks that the tests know: sh, and what they print: text', () => {
    const unknown = walked.flatMap((document) => hidden(document))
    expect(unknown).toEqual([])
  })

  it('that no test runs are counted here, and say so beside themselves', () => {
    const unrun = commands.filter(({ treatment }) => treatment === 'unrun')
    const counts: Record<string, number> = {}
    for (const { document } of unrun) counts[document.path] = (counts[document.path] ?? 0) + 1
    expect(counts).toEqual(
      Object.fromEntries(Object.entries(UNRUN).map(([path, [blocks]]) => [path, blocks])),
    )
    const silent = unrun.filter(
      ({ block }) => !/CI\s+has\s+not\s+run/.test(block.before + block.after),
    )
    expect(silent.map(placeOf)).toEqual([])
  })

  it('for contributors are those that .ci/run runs', () => {
    const script = readFileSync(join(ROOT, '.ci/run'), 'utf8').split('\n')
    const own = commands.filter(({ treatment }) => treatment === 'ci')
    expect(own.length).toBeGreaterThan(0)
    for (const { block } of own) {
      for (const line of block.text.trim().split('\n')) {
        if (!RUN_BY_TESTS.includes(line)) expect(script).toContain(line)
      }
    }
  })

  it('that are written inline name scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>
    }
    const named = walked.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:-]*)/g)].map(([, name = '']) => [path, name]),
    )
    expect(named.filter(([, name = '']) => scripts[name] === undefined)).toEqual([])
  })
})

describe('the reader of the tests', () => {
  it('finds blocks in lists, with their words and what stands around them', () => {
    const [first, second] = blocksOf('a\n\n- b\n  ```sh serve x\n  echo\n  ```\n```text\n1\n```\nz')
    expect(first).toEqual({
      line: 4,
      words: ['sh', 'serve', 'x'],
      text: 'echo\n',
      before: 'a\n- b',
      after: '',
    })
    expect(second).toMatchObject({ words: ['text'], text: '1\n', before: '', after: 'z' })
  })

  it('takes an ellipsis for what differs, and nothing else', () => {
    expect(isAsTold('id lease_1 live  \nend\n', 'id lease_… live\nend\n')).toBe(true)
    expect(isAsTold('a\nb\nc\n', 'a\n…\nc\n')).toBe(true)
    expect(isAsTold('a\nc\n', 'a\n…\nc\n')).toBe(true)
    for (const other of ['a', 'a\nb\nd', 'xa\nc', 'a\nc\nd']) {
      expect(isAsTold(other, 'a\n…\nc\n')).toBe(false)
    }
    expect(isAsTold('a\nb', 'a…b')).toBe(false)
    expect(isAsTold('axb', 'a.b')).toBe(false)
  })
})

/** Places of commands that would not be run because of how they are written. */
function hidden(document: Walked): readonly string[] {
  const fences = document.blocks
    .filter(
      ({ words, text }) =>
        /^(bash|shell|zsh|console|shell-session|shellsession|terminal|cmd|powershell)$/.test(
          words[0] ?? '',
        ) ||
        ((words[0] === undefined || words[0] === 'text') && /^\s*[$%#] \S/m.test(text)),
    )
    .map((block) => placeOf({ document, block }))
  const indented = document.text
    .split('\n')
    .flatMap((line, at) => (/^ {4,}\$ \S/.test(line) ? [`${document.path}:${at + 1}`] : []))
  return [...fences, ...indented]
}

function placeOf({ document, block }: { readonly document: Walked; readonly block: Block }) {
  return `${document.path}:${block.line}`
}
