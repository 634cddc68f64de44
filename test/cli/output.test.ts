import { describe, expect, test } from 'vitest'
import { fields, printable, table, wantsColour } from '../../src/cli/output.ts'

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
