const GET = { type: 'http', method: 'GET', target: 'https://a.example/x' }
const CALL = { type: 'tool', server: 's', tool: 't', arguments: {} }

/**
 * Tables of documents, one row a line: cells are parted by ` | `, and a cell that begins with a word
 * of SHORTHAND is the document around the JSON that follows it.
 */
const SHORTHAND: Readonly<Record<string, (json: unknown) => unknown>> = {
  scope: (json) => json,
  beside: (members) => ({ grants: [], ...(members as object) }),
  http: (dimensions) => ({ grants: [{ type: 'http', ...(dimensions as object) }] }),
  tool: (dimensions) => ({ grants: [{ type: 'tool', ...(dimensions as object) }] }),
  argument: (a) => ({ grants: [{ type: 'tool', arguments: { a } }] }),
  get: (members) => ({ ...GET, ...(members as object) }),
  call: (members) => ({ ...CALL, ...(members as object) }),
  parameter: (a) => ({ grants: [{ type: 'http', query: { a } }] }),
}

/** The document a cell stands for. */
export function documentOf(cell: string): unknown {
  const space = cell.indexOf(' ')
  const make = SHORTHAND[cell.slice(0, space)]
  if (make === undefined) throw new Error(`no shorthand in: ${cell}`)
  return make(JSON.parse(cell.slice(space + 1)))
}

/** The rows of a table, each with as many cells as the first. */
export function rowsOf(table: string): readonly (readonly string[])[] {
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.trim()))
  const width = rows[0]?.length
  if (rows.some((row) => row.length !== width)) throw new Error('a row of another width')
  return rows
}
