import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { readJson } from '../../src/domain/json.ts'
import { parseRoot, parseScope } from '../../src/domain/scope/complete.ts'
import { meet } from '../../src/domain/scope/meet.ts'
import { parseScopeRequest } from '../../src/domain/scope/parse.ts'
import { within } from '../../src/domain/scope/subset.ts'
import { readRouteTable } from '../../src/gateway/route-table.ts'
import { anchorsOf, documents, rowsIn, textOf } from './documents.ts'
import { ROOT } from './sources.ts'

const manifest = JSON.parse(fileText('package.json')) as {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}

describe('documents point to what is there', () => {
  it('links lead somewhere', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !leadsSomewhere(path, text, target))
        .map((target) => `${path}: ${target}`),
    )
    expect(broken, 'Every link of a document leads to a file and a heading.').toEqual([])
  })

  it('files that are named exist', () => {
    const named = /`((?:src|test|docs|migrations|examples|bench|scripts)\/[\w./-]*\w)`/g
    const missing = documents.flatMap(({ path, text }) =>
      [...text.matchAll(named)]
        .map(([, file = '']) => file)
        .filter((file) => !existsSync(join(ROOT, file)))
        .map((file) => `${path}: ${file}`),
    )
    expect(missing, 'Every file a document names is there.').toEqual([])
  })

  it('scripts that are named are in package.json', () => {
    const missing = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/npm (?:run (?:-s )?([a-z][a-z:-]*)|(start|test)\b)/g)]
        .map(([, script, short]) => script ?? short ?? '')
        .filter((script) => !Object.hasOwn(manifest.scripts, script))
        .map((script) => `${path}: ${script}`),
    )
    expect(missing, 'Every script a document names is in package.json.').toEqual([])
  })

  it('commands that are named are commands of writ', () => {
    const nouns = new Set([...COMMANDS.map(({ name }) => name), 'help'])
    const missing = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:^|[`(])writ ([a-z]+)(?=[ `\n])/gm)]
        .map(([, noun = '']) => noun)
        .filter((noun) => !nouns.has(noun))
        .map((noun) => `${path}: ${noun}`),
    )
    expect(missing, 'Every command a document names is one of writ.').toEqual([])
  })
})

describe('what is claimed is proven', () => {
  const pages = documents
    .map(({ path }) => path)
    .filter((path) => /^docs\/(requirements\/|threat-|comparison|limits)|^SECURITY/.test(path))

  it.each(pages)('%s names tests that are there, by their titles', (page) => {
    const proofs = [...textOf(page).matchAll(/`(test\/[\w./-]+\.ts)`((?:[,;]? "[^"]+")*)/g)]
    expect(proofs.length).toBeGreaterThan(3)
    const missing = proofs.flatMap(([, file = '', titles = '']) => {
      const text = fileText(file).replaceAll("\\'", "'")
      const named = [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title)
      return named.filter((title) => !text.includes(title)).map((title) => `${file}: ${title}`)
    })
    expect(missing, 'Every proof is a test of that title.').toEqual([])
  })
})

describe('the first hour', () => {
  it('its scopes can be read, and each is within the one above', () => {
    const [contract, root, part] = ['contract', 'root', 'part'].map(scopeFile)
    const ceiling = parseRoot(contract)
    const asked = parseScopeRequest(root)
    const passed = parseScopeRequest(part)
    if (!ceiling.ok || !asked.ok || !passed.ok) throw new Error('a scope can not be read')
    const held = meet(asked.value, ceiling.value)
    if (!held.ok) throw new Error('the root is wider than the contract')
    expect(within(passed.value, held.value)).toMatchObject({ within: true })
  })

  it('its routes can be read', () => {
    const text = fileText('docs/first-hour/routes.toml')
    expect(readRouteTable({ name: 'routes.toml', text })).toMatchObject({ ok: true })
  })
})

describe('single facts', () => {
  it('the scope and the route of the protocol can be read', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(textOf('docs/reference/protocol.md')) ?? []
    const read = readJson(json)
    expect(read.ok && parseScope(read.value)).toMatchObject({ ok: true })
    const [, text = ''] = /```toml\n([\s\S]*?)```/.exec(textOf('docs/reference/protocol.md')) ?? []
    expect(readRouteTable({ name: 'protocol', text })).toMatchObject({ ok: true })
  })

  it('the glossary is in the order of the alphabet, each word once', () => {
    const words = rowsIn(textOf('docs/reference/glossary.md')).map(([word = '']) =>
      word.toLowerCase(),
    )
    expect(words).toEqual([...new Set(words)].sort((a, b) => a.localeCompare(b, 'en')))
  })

  it('the change log knows the version of package.json', () => {
    expect(textOf('CHANGELOG.md')).toContain(`## [${manifest.version}]`)
  })

  it('the README says that npm test is the test command', () => {
    expect(textOf('README.md')).toContain('`npm test` is the test command')
  })
})

function leadsSomewhere(from: string, text: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  if (file !== '' && !existsSync(join(ROOT, from, '..', file))) return false
  if (anchor === undefined) return true
  const aimed = file === '' ? text : fileText(join(from, '..', file))
  return anchorsOf(aimed).has(anchor)
}

function scopeFile(name: string): unknown {
  return JSON.parse(fileText(`docs/first-hour/${name}.json`))
}

function fileText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}
