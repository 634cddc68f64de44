import { readConfig } from '../../src/settings/config.ts'

/** What is said of settings that are refused, of a file or of all sources; else `accepted`. */
export function problemOf(from: string | Parameters<typeof readConfig>[0]): string {
  const file = (text: string) => ({ file: { name: 'writ.toml', text } })
  const read = readConfig(typeof from === 'string' ? file(from) : from)
  return read.ok ? 'accepted' : read.problem
}

/** The settings of sources that have to be accepted. */
export function configOf(sources: Parameters<typeof readConfig>[0]) {
  const read = readConfig(sources)
  if (!read.ok) throw new Error(read.problem)
  return read.config
}
