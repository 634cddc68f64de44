import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Version of an installed package, from its manifest. */
export function versionOf(name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(fileURLToPath(file), 'utf8')) as { version: string }).version
}
