import type { ComponentChildren } from 'preact'

/** One row: what names it among the others, and its cells in the order of the columns. */
export interface TableRow {
  readonly key: string
  readonly cells: readonly ComponentChildren[]
}

/** A table that becomes a list of names and values where there is no room for columns. */
export function Table(props: {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly TableRow[]
}) {
  const { label, columns, rows } = props
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" key={column}>
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells }) => (
          <tr key={key}>
            {cells.map((cell, at) => (
              <td key={columns[at]} data-label={columns[at]}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
