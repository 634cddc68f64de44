import { describe, expect, test } from 'vitest'
import { labelLine, labelsOf, parseLabels, parseLabelText } from '../../src/domain/labels.ts'
import {
  LABEL_KEY_CHARACTERS_MAX,
  LABEL_VALUE_CHARACTERS_MAX,
  LABELS_MAX,
} from '../../src/domain/limits.ts'
import { parseRevocationSubject, subjectsOf } from '../../src/domain/revocation.ts'
import { lease } from './samples.ts'

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']))
/** As a body has it: `__proto__` is a member like any other. */
const parsedJson = (text: string): unknown => JSON.parse(text)

describe('labels', () => {
  test.each<[string, unknown]>([
    ['none', {}],
    ['some', { project: 'apollo', workspace: '/home/planner/site' }],
    ['as many as there may be', many(LABELS_MAX)],
    ['prefixed keys', { 'acme.example/cost-centre': '4711', 'a-b_c': '~x:y@z+1' }],
    ['a name of a prototype that is a word', { constructor: 'x' }],
    [
      'the longest',
      { ['k'.repeat(LABEL_KEY_CHARACTERS_MAX)]: 'v'.repeat(LABEL_VALUE_CHARACTERS_MAX) },
    ],
  ])('are read: %s', (_name, given) => {
    const read = parseLabels(given)
    expect(read).toEqual({ ok: true, value: given })
    if (read.ok) expect(labelsOf(labelLine(read.value))).toEqual(given)
  })

  test.each<[string, unknown, string]>([
    ['a text', 'project=apollo', ''],
    ['null', null, ''],
    ['a list', ['project'], ''],
    ['one too many', many(LABELS_MAX + 1), ''],
    ['a huge map', many(100_000), ''],
    ['a key in capitals', { Project: 'x' }, ''],
    ['an empty key', { '': 'x' }, ''],
    ['a key with an equals sign', { 'a=b': 'x' }, ''],
    ['a key with a space', { 'a b': 'x' }, ''],
    ['a key that ends with a sign', { 'a-': 'x' }, ''],
    ['a key of other letters', { projеct: 'x' }, ''],
    ['a prototype', parsedJson('{"__proto__": {"project": "apollo"}}'), ''],
    ['a prototype that is a text', parsedJson('{"__proto__": "x"}'), ''],
    ['a key too long', { ['k'.repeat(LABEL_KEY_CHARACTERS_MAX + 1)]: 'x' }, ''],
    ['an empty value', { project: '' }, '/project'],
    ['a value that is no text', { project: 1 }, '/project'],
    ['a value that is a map', { project: { toString: 'x' } }, '/project'],
    ['a value with a space', { project: 'a b' }, '/project'],
    ['a value with the end of a line', { project: 'apollo\n' }, '/project'],
    ['a value with an equals sign', { 'a/b': 'x=y' }, '/a~1b'],
    ['a value of other letters', { project: 'аpollo' }, '/project'],
    ['full-width letters', { project: 'ａpollo' }, '/project'],
    ['a value with a mark that turns text around', { project: 'a\u202eb' }, '/project'],
    ['a value too long', { project: 'v'.repeat(LABEL_VALUE_CHARACTERS_MAX + 1) }, '/project'],
  ])('are refused and never repaired: %s', (_name, given, pointer) => {
    expect(parseLabels(given)).toEqual({ ok: false, pointer, detail: expect.any(String) })
  })

  test('have one order, whoever wrote them', () => {
    const [one, two] = [parseLabels({ b: '2', a: '1' }), parseLabels({ a: '1', b: '2' })]
    expect(JSON.stringify(one)).toBe(JSON.stringify(two))
  })

  test.each(['project', '=x', 'project=', 'a=b=c', 'Project=x', ' project=x', '__proto__=x'])(
    'one as a text is a key and a value: not %j',
    (text) => {
      expect(parseLabelText(text)).toBeUndefined()
      expect(parseRevocationSubject(`label:${text}`)).toBeUndefined()
    },
  )

  test('I6: each is a subject of every lease of the tree', () => {
    const subjects = subjectsOf(lease(1, { labels: { project: 'apollo', team: 'a' } }))
    expect(subjects).toContain('label:project=apollo')
    expect(subjects).toContain('label:team=a')
    expect(parseRevocationSubject('label:project=apollo')).toBe('label:project=apollo')
  })
})
