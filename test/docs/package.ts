import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from '../tidy/sources.ts'

const run = promisify(execFile)

/**
 * The package as npm would install it, without types and pictures of the console: built once for
 * all documents of a test run, beside them in the temporary folder. Answers its folder.
 */
export async function builtPackage(): Promise<string> {
  const place = join(tmpdir(), 'writ-package')
  if (existsSync(place)) return place
  const making = mkdtempSync(join(tmpdir(), 'writ-package-'))
  await run(
    process.execPath,
    [join(ROOT, 'node_modules/tsdown/dist/run.mjs'), '--no-dts', '--out-dir', join(making, 'dist')],
    { cwd: ROOT },
  )
  for (const name of ['package.json', 'migrations', 'openapi.yaml', 'README.md']) {
    cpSync(join(ROOT, name), join(making, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(making, 'node_modules'))
  try {
    renameSync(making, place)
  } catch {
    // Another file of tests was first; both built the same.
  }
  return place
}

/** Puts the package into a folder, as `npm install writ` does, and its command beside. */
export function installPackage(folder: string, from: string): string {
  const bin = join(folder, 'node_modules/.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(from, join(folder, 'node_modules/writ'))
  const command = join(bin, 'writ')
  const main = join(from, 'dist/cli/main.mjs')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`)
  chmodSync(command, 0o755)
  return bin
}
