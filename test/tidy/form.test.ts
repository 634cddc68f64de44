import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { nodesOf, placeOf, type SourceFile, sourcesIn, stylesIn, treeOf } from './sources.ts'

const FILE_LINES_MAX = 300
const FUNCTION_LINES_MAX = 60
const LINE_CHARACTERS_MAX = 100
const MEDIAN_FILE_LINES_MAX = 120

const product = sourcesIn('src', 'migrations')
const tests = sourcesIn('test')
const everything = [...product, ...tests, ...sourcesIn('bench', 'examples', 'scripts')]
/** Without the files that have to spell out what they look for. */
const others = everything.filter(({ path }) => !path.startsWith('test/tidy/'))

const BANNED = /(Manager|Helper|Util|Utils|Service|Impl)(?![a-z])/
const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b/
const LOOK_AWAY = /@ts-(ignore|nocheck|expect-error)|biome-ignore(?! [a-zA-Z0-9/]+: \S)/

function linesOf({ text }: SourceFile): readonly string[] {
  return text.replace(/\n$/, '').split('\n')
}

function linesWhere(files: readonly SourceFile[], wrong: (line: string) => boolean) {
  return files.flatMap((file) =>
    linesOf(file).flatMap((line, index) => (wrong(line) ? [`${file.path}:${index + 1}`] : [])),
  )
}

function nodesWhere(files: readonly SourceFile[], wrong: (node: ts.Node) => boolean) {
  return files.flatMap((file) => {
    const tree = treeOf(file)
    return nodesOf(tree)
      .filter(wrong)
      .map((node) => placeOf(file, tree, node))
  })
}

describe('the size of things', () => {
  it('no file is longer than 300 lines', () => {
    const long = [...everything, ...stylesIn('src')]
      .filter((file) => linesOf(file).length > FILE_LINES_MAX)
      .map((file) => `${file.path} (${linesOf(file).length})`)
    expect(long, 'No file is longer than 300 lines: split it by what it is about.').toEqual([])
  })

  it('half of the files of src are no longer than 120 lines', () => {
    const sizes = product.map((file) => linesOf(file).length).sort((a, b) => a - b)
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThanOrEqual(MEDIAN_FILE_LINES_MAX)
  })

  it('no line is longer than 100 characters', () => {
    const long = linesWhere(product, (line) => line.length > LINE_CHARACTERS_MAX)
    expect(long, 'No line is longer than 100 characters.').toEqual([])
  })

  it('no function is longer than 60 lines', () => {
    const long = nodesWhere(product, (node) => {
      if (!ts.isFunctionLike(node)) return false
      return node.getText().split('\n').length > FUNCTION_LINES_MAX
    })
    expect(long, 'No function is longer than 60 lines.').toEqual([])
  })
})

describe('names', () => {
  it('files are named in kebab-case', () => {
    const wrong = everything
      .map(({ path }) => path)
      .filter(
        (path) => !/^([a-z0-9-]+\/)*[a-z0-9]+(-[a-z0-9]+)*(\.test|\.config)?\.tsx?$/.test(path),
      )
    expect(wrong, 'Files and folders are named in kebab-case.').toEqual([])
  })

  it('no file and no folder is a drawer for anything', () => {
    const drawer = /(^|[/-])(utils?|helpers?|misc|managers?|services?|impl)([/.-]|$)/
    const wrong = product.map(({ path }) => path).filter((path) => drawer.test(path))
    expect(wrong, 'No utils: a file is named after the thing it is about.').toEqual([])
  })

  it('nothing is called Manager, Helper, Util, Service or Impl', () => {
    const wrong = nodesWhere(product, (node) => {
      const names = ts.isIdentifier(node) && node.parent !== undefined
      return names && 'name' in node.parent && node.parent.name === node && BANNED.test(node.text)
    })
    expect(wrong, 'No Manager, Helper, Util, Service or Impl: name the thing itself.').toEqual([])
  })
})

describe('what is left out', () => {
  it('there are no default exports', () => {
    const wrong = nodesWhere(
      everything,
      (node) =>
        ts.isExportAssignment(node) ||
        (node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent)),
    )
    expect(wrong, 'No default exports: a thing has one name everywhere.').toEqual([])
  })

  it('nothing is left to be done', () => {
    const wrong = linesWhere(others, (line) => UNFINISHED.test(line))
    expect(wrong, 'No unfinished business in the tree.').toEqual([])
  })

  it('no test is left out and none runs alone', () => {
    const held = /\b(it|test|describe)(\.\w+)*\.(only|skip|todo)\b|\bx(it|describe)\(/
    const wrong = linesWhere(tests, (line) => held.test(line))
    expect(wrong, 'No test is skipped, and none runs alone.').toEqual([])
  })

  it('the compiler is never told to look away, and the linter never without a reason', () => {
    const typed = others.filter(({ path }) => !path.startsWith('test/types/'))
    const wrong = linesWhere(typed, (line) => LOOK_AWAY.test(line))
    expect(wrong, 'Nothing looks away: fix it, or tell the linter why.').toEqual([])
  })
})

describe('docstrings', () => {
  it('everything that src exports says what it promises', () => {
    const files = product.filter(({ path }) => !path.startsWith('src/http/schemas/'))
    const wrong = files.flatMap((file) => {
      const tree = treeOf(file)
      return tree.statements
        .filter((statement) => isExported(statement) && !isDocumented(statement))
        .filter((statement) => !hasDocstring(file, statement))
        .map((statement) => placeOf(file, tree, statement))
    })
    expect(wrong, 'Everything exported has a docstring.').toEqual([])
  })
})

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  )
}

/** An endpoint says in its summary what it promises, for the document of the API. */
function isDocumented(statement: ts.Statement): boolean {
  return /= endpoint\(\{[\s\S]*\bsummary: '/.test(statement.getText())
}

/** A docstring stands before the statement, or before the run of lines it belongs to. */
function hasDocstring(file: SourceFile, statement: ts.Statement): boolean {
  const lines = file.text.slice(0, statement.getStart()).split('\n').slice(0, -1)
  const gap = lines.findLastIndex((line) => line.trim() === '')
  const comments = ts.getLeadingCommentRanges(file.text, statement.getFullStart()) ?? []
  return (
    comments.some(({ pos }) => file.text.startsWith('/**', pos)) ||
    (lines[gap + 1] ?? '').startsWith('/**')
  )
}
