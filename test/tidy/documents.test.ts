import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { ROOT } from './sources.ts'

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

describe('documents point to what is there', () => {
  it('links lead somewhere', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
        .map(([, target = '']) => join(path, '..', target))
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path}: ${target}`),
    )
    expect(broken, 'Every link of a document leads to a file.').toEqual([])
  })

  it('files that are named exist', () => {
    const missing = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:src|test|docs|migrations|examples|bench)\/[\w./-]*\w)`/g)]
        .map(([, named = '']) => named)
        .filter((named) => !existsSync(join(ROOT, named)))
        .map((named) => `${path}: ${named}`),
    )
    expect(missing, 'Every file a document names is there.').toEqual([])
  })

  it('every refusal of the table is in the protocol', () => {
    const protocol = documents.find(({ path }) => path === 'docs/protocol.md')?.text ?? ''
    const untold = [...REFUSALS.keys()].filter((code) => !protocol.includes(`\`${code}\``))
    expect(untold, 'docs/protocol.md lists every refusal.').toEqual([])
  })

  it('the proof of a requirement is a test of that name', () => {
    const text = documents.find(({ path }) => path === 'docs/requirements.md')?.text ?? ''
    const proofs = [...text.matchAll(/`(test\/[\w./-]+)`((?:,? "[^"]+")+)/g)].flatMap(
      ([, file = '', titles = '']) =>
        [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ file, title })),
    )
    const unproven = proofs
      .filter(({ file, title }) => !namesTest(file, title))
      .map(({ file, title }) => `${file}: ${title}`)
    expect(proofs.length).toBeGreaterThan(30)
    expect(unproven, 'The proof of a requirement is a test of that name.').toEqual([])
  })
})

/** Whether a test file has the title, as it is written there: quotes inside it are escaped. */
function namesTest(file: string, title: string): boolean {
  const path = join(ROOT, file)
  return existsSync(path) && readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title)
}
