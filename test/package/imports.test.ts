import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { installed } from '../support/packed.ts'
import { ROOT } from '../tidy/sources.ts'

const run = promisify(execFile)
const INSTALL_MS = 540_000
const ENTRIES = Object.keys(packageJson.exports)
  .filter((entry) => entry !== './package.json')
  .map((entry) => entry.replace('.', 'writ'))

/** A program's own folder, which has what was installed: other tests look at what lies there. */
let folder: string | undefined

beforeAll(async () => {
  const made = await installed()
  if (made.folder === undefined) return
  folder = mkdtempSync(join(tmpdir(), 'writ-program-'))
  symlinkSync(join(made.folder, 'node_modules'), join(folder, 'node_modules'))
}, INSTALL_MS)

describe('from a program that has the package installed', () => {
  test('every entry is imported by Node as an ES module, and exports something', async ({
    skip,
  }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    const lines = ENTRIES.map(
      (entry) => `console.log('${entry}', Object.keys(await import('${entry}')).length > 0)`,
    )
    const words = ['--input-type=module', '--eval', lines.join('\n')]
    const { stdout } = await run(process.execPath, words, { cwd: folder })
    expect(stdout.trim().split('\n')).toEqual(ENTRIES.map((entry) => `${entry} true`))
  })

  test.for([
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'a program of module %s and resolution %s gets the types of every entry',
    async ([module, moduleResolution], { skip }) => {
      if (folder === undefined) return skip('The registry of npm can not be reached.')
      const project = join(folder, `types-${moduleResolution}`)
      mkdirSync(project, { recursive: true })
      writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
      const body = ENTRIES.flatMap((entry, index) => [
        `import * as entry${index} from '${entry}'`,
        // An entry without types would be any, to which a number could be given.
        `export const of${index}: 0 extends 1 & typeof entry${index} ? never : object = entry${index}`,
      ])
      writeFileSync(join(project, 'main.ts'), body.join('\n'))
      const compilerOptions = { module, moduleResolution, target: 'es2022', strict: true }
      const options = { ...compilerOptions, noEmit: true, skipLibCheck: true, types: ['node'] }
      const typeRoots = [join(ROOT, 'node_modules/@types')]
      writeFileSync(
        join(project, 'tsconfig.json'),
        JSON.stringify({ compilerOptions: { ...options, typeRoots }, files: ['main.ts'] }),
      )
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
      const ran = await run(process.execPath, [tsc, '-p', project]).catch((fault) => fault)
      expect(ran.stdout).toBe('')
    },
  )

  test('what a bundler may leave out is not needed by any entry', async ({ skip }) => {
    if (folder === undefined) return skip('The registry of npm can not be reached.')
    for (const [index, entry] of ENTRIES.entries()) {
      const out = join(folder, `bundle-${index}.mjs`)
      await build({
        stdin: { contents: `export * from '${entry}'`, resolveDir: folder },
        ...{ bundle: true, format: 'esm', platform: 'node', outfile: out, treeShaking: true },
        banner: { js: "import{createRequire}from'node:module';const require=createRequire('/')" },
        logLevel: 'silent',
      })
      const words = ['--input-type=module', '--eval', `await import('${out}')`]
      await run(process.execPath, words, { cwd: folder })
    }
  })
})
