import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { ROOT } from './sources.ts'

it('src/domain compiles as if HTTP, SQL and JOSE had never been invented', () => {
  const folder = join(ROOT, 'src/domain')
  const read = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile)
  expect(read.error).toBeUndefined()
  const config = ts.parseJsonConfigFileContent(read.config, ts.sys, folder)
  expect(config.options.types).toEqual([])
  expect(config.options.lib).toEqual(['lib.es2023.d.ts'])

  const program = ts.createProgram(config.fileNames, config.options)
  const found = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
  const outside = program
    .getSourceFiles()
    .map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith(`${folder}/`) && !name.includes('/typescript/lib/'))
  expect([...found, ...outside], 'The domain imports nothing outside itself.').toEqual([])
})
