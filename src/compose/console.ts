import { fileURLToPath } from 'node:url'
import { type ConsoleFiles, readConsole } from '../console-host/files.ts'

/**
 * Where the built console lies: beside the command in a package, in `dist` of a checkout. A source
 * folder is never served.
 */
export function openConsole(): ConsoleFiles | undefined {
  const fromSource = import.meta.url.endsWith('.ts')
  const places = fromSource ? ['../../dist/console'] : ['../console', './console']
  const folders = places.map((place) => fileURLToPath(new URL(place, import.meta.url)))
  for (const folder of folders) {
    const files = readConsole(folder)
    if (files !== undefined) return files
  }
  return undefined
}
