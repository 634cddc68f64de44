import { describe, expect, test } from 'vitest'
import { fields, printable, wantsColour } from '../../src/cli/output.ts'
import { table } from '../../src/cli/table.ts'

describe('colour', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('%j on a terminal (%s): %s', (env, terminal, wanted) => {
    expect(wantsColour(env, terminal)).toBe(wanted)
  })
})

describe('text of others', () => {
  test.each([
    ['plain é 漢\n\t', 'plain é 漢\n\t'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a\rb', 'a\\u000db'],
    ['\u009b31m', '\\u009b31m'],
    ['right\u202eto left', 'right\\u202eto left'],
    ['\u2066x\u2069', '\\u2066x\\u2069'],
    ['\u200fx\u061c', '\\u200fx\\u061c'],
    ['pay\u200bpal\ufeff\u00ad', 'pay\\u200bpal\\ufeff\\u00ad'],
    ['a\u{e0041}b', 'a\\u{e0041}b'],
  ])('%j is shown as %j', (text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  test('does not move the columns of a table', () => {
    expect(table(['A', 'B'], [['x\u001b', 'y']])).toBe('A        B\nx\\u001b  y')
  })

  test('fakes no line of a table or of fields', () => {
    expect(table(['A'], [['x\nstate  approved']])).toBe('A\nx\\u000astate  approved')
    expect(fields([['reason', 'x\ndigest  y']])).toBe('reason  x\\u000adigest  y')
    expect(fields([['grants', ['a\n', 'b']]])).toBe('grants  a\\u000a\n        b')
  })

  test('does not move the values of fields', () => {
    expect(
      fields([
        ['long name', 1],
        ['x', 'a\u0007'],
      ]),
    ).toBe('long name  1\nx          a\\u0007')
  })
})

describe('a table on a terminal that is too narrow', () => {
  const headings = ['AT', 'REASON', 'ID']
  const reason = 'copied from a laptop that somebody left in a train'
  const id = `alert_${'a'.repeat(20)}`

  test('cuts its prose with …, and no id', () => {
    const [head, row] = table(headings, [['2026-01-01', reason, id]], 60).split('\n')
    expect(row).toHaveLength(60)
    expect(row).toBe(`2026-01-01  ${reason.slice(0, 19)}…  ${id}`)
    expect(head?.indexOf('ID')).toBe(row?.indexOf(id))
  })

  test('cuts other columns only when prose does not suffice, and keeps 8 of each', () => {
    const [, row] = table(headings, [['2026-01-01T00:00', reason, id]], 20).split('\n')
    expect(row).toBe(`2026-01…  copied …  ${id}`)
  })

  test('is whole in a pipe', () => {
    expect(table(headings, [['2026-01-01', reason, id]])).toContain(reason)
  })
})
