import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** The top of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** One TypeScript file of ours; `path` is relative to the top, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Every TypeScript file below some folders, in the order of their names. */
export function sourcesIn(...folders: readonly string[]): readonly SourceFile[] {
  return filesIn(/\.tsx?$/, folders)
}

/** Every stylesheet below some folders, in the order of their names. */
export function stylesIn(...folders: readonly string[]): readonly SourceFile[] {
  return filesIn(/\.css$/, folders)
}

function filesIn(name: RegExp, folders: readonly string[]): readonly SourceFile[] {
  return folders
    .flatMap((folder) => filesBelow(join(ROOT, folder)))
    .filter((file) => name.test(file))
    .map((file) => ({
      path: relative(ROOT, file).split(sep).join('/'),
      text: readFileSync(file, 'utf8'),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The file as a syntax tree. */
export function treeOf(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2023, true)
}

/** What a file imports, re-exports or imports later, types included, as it is written there. */
export function importsOf(file: SourceFile): readonly string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => fileName)
}

/** Every node of a tree, parents first. */
export function nodesOf(tree: ts.Node): readonly ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (node: ts.Node) => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return nodes
}

/** Where a node stands, for a reader: `path:line`. */
export function placeOf(file: SourceFile, tree: ts.SourceFile, node: ts.Node): string {
  return `${file.path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
}

/** The titles of all tests and groups of tests in a file. */
export function titlesOf(file: SourceFile): readonly string[] {
  const titles: string[] = []
  for (const node of nodesOf(treeOf(file))) {
    if (!ts.isCallExpression(node)) continue
    const [title] = node.arguments
    const names = title !== undefined && ts.isStringLiteralLike(title)
    if (names && /^(it|test|describe)\b/.test(node.expression.getText())) titles.push(title.text)
    if (title !== undefined && ts.isTemplateExpression(title)) titles.push(title.getText())
  }
  return titles
}
