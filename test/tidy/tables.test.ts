import { describe, expect, it } from 'vitest'
import { flagOf, SETTING_NAMES, variableOf } from '../../src/config.ts'
import * as limits from '../../src/domain/limits.ts'
import { REFUSALS } from '../../src/domain/refusal.ts'
import { createMetrics } from '../../src/metrics.ts'
import { rowsIn, textOf } from './documents.ts'
import { sourcesIn } from './sources.ts'

const OPERATIONS = 'docs/operating/operations.md'

describe('tables of the documents say what the code says', () => {
  it('the refusals, in their order', () => {
    const told = rowsIn(textOf('docs/reference/protocol.md', '## Refusals'))
    const rows = [...REFUSALS.values()].map(({ code, http, oauth, exit, sentence }) => {
      return [code, String(http), oauth, String(exit), sentence]
    })
    expect(told).toEqual(rows)
  })

  it('the limits, each with its number and a reason', () => {
    const told = rowsIn(textOf(OPERATIONS, '## Limits'))
    const rows = Object.entries(limits).map(([name, value]) => [name, value.toLocaleString('en')])
    expect(told.map(([name, value]) => [name, value]).toSorted()).toEqual(rows.toSorted())
    expect(told.filter(([, , reason = '']) => reason.length < 10)).toEqual([])
  })

  it('the settings, each with its variable and its flag', () => {
    const told = rowsIn(textOf(OPERATIONS, '## Settings'))
    const rows = SETTING_NAMES.map((name) => [name, variableOf(name), flagOf(name)])
    expect(told.map(([name, variable, flags]) => [name, variable, flags?.split(', ')[0]])).toEqual(
      rows,
    )
  })

  it('the metrics, each with its kind', async () => {
    const metrics = createMetrics()
    const shown = [...(await metrics.text()).matchAll(/^# TYPE (writ_\w+) (\w+)$/gm)]
    const told = rowsIn(textOf(OPERATIONS, '## Metrics')).map(([name, kind]) => [name, kind])
    expect(told.toSorted()).toEqual(shown.map(([, name, kind]) => [name, kind]).toSorted())
  })

  it('the events of the log', () => {
    const sources = sourcesIn('src').map(({ text }) => text)
    const used = sources.flatMap((text) =>
      [...text.matchAll(/\.(?:debug|info|warn|fault)\(\s*'([a-z]+\.[a-z_]+)'/g)].map(
        ([, event = '']) => event,
      ),
    )
    const told = rowsIn(textOf(OPERATIONS, '## Logs')).flatMap(([event = '']) => event.split(', '))
    expect(told.toSorted()).toEqual([...new Set(used)].toSorted())
  })

  it('the columns of every table of the store', () => {
    const told = [...textOf('docs/reference/storage.md').matchAll(/^### `(\w+)`.*$/gm)].map(
      ([heading, table = '']) => {
        const rows = rowsIn(textOf('docs/reference/storage.md', heading))
        return [table, rows.map(([column = '']) => column).toSorted()] as const
      },
    )
    expect(new Map(told)).toEqual(columnsOfMigrations())
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
    for (const [, call, name = ''] of text.matchAll(/\.(createTable|addColumn)\('(\w+)'/g)) {
      if (call === 'createTable') {
        table = []
        columns.set(name, table)
      } else table.push(name)
    }
  }
  return new Map([...columns].map(([name, names]) => [name, names.toSorted()]))
}
