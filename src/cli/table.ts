import { printableLine } from './output.ts'

const GAP = '  '
/** What a column keeps however narrow the terminal is. */
const CELL_MIN = 8
/** Columns that are there to be copied: half of an id is of no use. */
const WHOLE: ReadonlySet<string> = new Set(['ID', 'KEY', 'LEASE'])

/**
 * Rows under headings, columns as wide as their longest cell. On a terminal too narrow for that the
 * widest text is cut with `…`, prose first, ids never; in a pipe nothing is.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: number | undefined = terminalWidth(),
): string {
  const all = [headings, ...rows.map((row) => row.map(printableLine))]
  const natural = headings.map((_, column) => Math.max(...all.map((row) => widthOf(row, column))))
  const widths = terminal === undefined ? natural : fitted(all, natural, terminal)
  return all
    .map((row) =>
      row
        .map((cell, column) => cut(cell, widths[column] ?? 0).padEnd(widths[column] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}

/** Columns of the terminal that reads stdout; undefined when it is a pipe or a file. */
function terminalWidth(): number | undefined {
  const { isTTY, columns } = process.stdout
  return isTTY === true && columns > 0 ? columns : undefined
}

function fitted(
  all: readonly (readonly string[])[],
  natural: readonly number[],
  terminal: number,
): readonly number[] {
  const [headings = [], ...rows] = all
  const widths = [...natural]
  const cuttable = headings.flatMap((heading, column) => (WHOLE.has(heading) ? [] : [column]))
  const prose = cuttable.filter((column) => rows.some((row) => row[column]?.includes(' ') === true))
  for (const columns of [prose, cuttable]) {
    for (let over = excess(widths, terminal); over > 0; over = excess(widths, terminal)) {
      const [widest, next] = columns.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))
      const width = widths[widest ?? -1] ?? 0
      if (widest === undefined || width <= CELL_MIN) break
      const below = next === undefined ? CELL_MIN : Math.min(widths[next] ?? 0, width - 1)
      widths[widest] = Math.max(CELL_MIN, width - over, below)
    }
  }
  return widths
}

function excess(widths: readonly number[], terminal: number): number {
  const total = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1))
  return total - terminal
}

function widthOf(row: readonly string[], column: number): number {
  return row[column]?.length ?? 0
}

function cut(cell: string, width: number): string {
  return cell.length <= width ? cell : `${cell.slice(0, width - 1)}…`
}
