import { usage } from './outcome.ts'

/** Headers as they are given on the command line, `name:value`; names in lowercase. */
export function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase()
    if (name === '') throw usage(`--header takes name:value, not ${line}.`)
    if (name === 'authorization') throw usage('The token of the call goes in that header.')
    headers[name] = line.slice(colon + 1).trim()
  }
  return headers
}
