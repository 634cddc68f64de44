import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LAWS = join(ROOT, 'test/types/laws.ts')

it('the compiler holds the order of the stages, the kinds of ids, and I5', () => {
  const read = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, ROOT)
  const program = ts.createProgram([LAWS], options)
  const source = program.getSourceFile(LAWS)
  const found = ts.getPreEmitDiagnostics(program, source).map(({ start, messageText }) => {
    const { line } = source?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0 }
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
  expect(source?.text.match(/@ts-expect-error/g)?.length).toBe(25)
  expect(found, 'The compiler refuses what the laws forbid, and nothing else.').toEqual([])
})
