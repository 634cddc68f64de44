import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
