import { describe, expect, it } from 'vitest'
import { rowsIn, textOf } from './documents.ts'
import { sourcesIn } from './sources.ts'

describe('tables of the documents say what the code says', () => {
  it('the columns of every table of the store', () => {
    const told = [...textOf('docs/reference/storage.md').matchAll(/^### `(\w+)`.*$/gm)].map(
      ([heading, table = '']) => {
        const rows = rowsIn(textOf('docs/reference/storage.md', heading))
        return [table, rows.map(([column = '']) => column).toSorted()] as const
      },
    )
    const sentence = 'docs/reference/storage.md tells every column that a migration adds.'
    expect(new Map(told), sentence).toEqual(columnsOfMigrations())
  })

  it('the invariants', () => {
    const told = rowsIn(textOf('ARCHITECTURE.md', '## Invariants'))
    const numbers = told.map(([law = '']) => law.split(' ', 1)[0])
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, index) => `I${index + 1}`))
  })
})

/** Every column by table, as the migrations add them. */
function columnsOfMigrations(): ReadonlyMap<string, readonly string[]> {
  const columns = new Map<string, string[]>()
  let table: string[] = []
  for (const { text } of sourcesIn('migrations')) {
    for (const [, call, name = ''] of text.matchAll(/\.(\w+Table|addColumn)\('(\w+)'/g)) {
      if (call === 'addColumn') table.push(name)
      else {
        table = columns.get(name) ?? []
        columns.set(name, table)
      }
    }
  }
  return new Map([...columns].map(([name, names]) => [name, names.toSorted()]))
}
