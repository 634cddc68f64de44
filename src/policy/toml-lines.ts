import { escapeStep } from '../domain/json.ts'

/**
 * The line (from 1) on which each member of a TOML document begins, by JSON pointer: tables, arrays
 * of tables with their index, and keys, dotted or not. What stands inside an inline table or a list
 * is found at the line of its key: see `lineOf`. Only for telling people where to look; what a file
 * says is read by a real parser.
 */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>()
  const counts = new Map<string, number>()
  let table = ''
  text.split(/\r?\n/).forEach((line, index) => {
    const header = /^\s*\[(\[?)([^[\]]+)\]/.exec(line)
    if (header !== null) {
      table = enter(stepsOf(header[2] ?? ''), header[1] === '[', counts)
      lines.set(table, index + 1)
      return
    }
    const key = /^\s*([A-Za-z0-9_."' -]+?)\s*=/.exec(line)?.[1]
    if (key === undefined) return
    let pointer = table
    for (const step of stepsOf(key)) {
      pointer += `/${escapeStep(step)}`
      if (!lines.has(pointer)) lines.set(pointer, index + 1)
    }
  })
  return lines
}

/** The line of the nearest member at or above a pointer. */
export function lineOf(lines: ReadonlyMap<string, number>, pointer: string): number {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const line = lines.get(at)
    if (line !== undefined) return line
  }
  return 1
}

/** The pointer of a table; one more of an array of tables, where it is one. */
function enter(steps: readonly string[], isArray: boolean, counts: Map<string, number>): string {
  let pointer = ''
  steps.forEach((step, index) => {
    pointer += `/${escapeStep(step)}`
    const count = counts.get(pointer)
    if (isArray && index === steps.length - 1) {
      counts.set(pointer, (count ?? 0) + 1)
      pointer += `/${count ?? 0}`
    } else if (count !== undefined) {
      pointer += `/${count - 1}`
    }
  })
  return pointer
}

function stepsOf(key: string): readonly string[] {
  return key.split('.').map((part) => part.trim().replaceAll(/^["']|["']$/g, ''))
}
