import { describe, expect, it } from 'vitest'
import { bodyWidenings, objectionToBody } from '../../../src/domain/scope/body.ts'
import { provesWithin } from '../../../src/domain/scope/prove.ts'
import type { ArgumentConstraint, HttpGrant } from '../../../src/domain/scope/types.ts'
import { httpGrant, scopeOf } from './documents.ts'

type Rule = HttpGrant['body']
const any: ArgumentConstraint = { constraint_type: 'wildcard' }
const one: ArgumentConstraint = { constraint_type: 'exact', value: 1 }
const JSON_TYPE = 'application/json'
const sent = (text: string, media_type = JSON_TYPE, bytes = Buffer.byteLength(text)) => ({
  media_type,
  bytes,
  text,
})
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

describe('objectionToBody: what can not be judged is refused (T-09)', () => {
  const notJson = 'the body is not JSON that can be judged'
  const notSent = 'the body is not sent as JSON in UTF-8'
  const forbidden = 'the body has a forbidden field'
  type Row = readonly [Rule, ReturnType<typeof sent> | undefined, string | undefined]
  const rows: readonly Row[] = [
    ['any', undefined, undefined],
    ['any', sent('x'), undefined],
    ['none', undefined, 'the body was not read'],
    ['none', sent('', ''), undefined],
    ['none', sent('x', ''), 'no body is allowed'],
    ['none', sent('', '', 1), 'no body is allowed'],
    ['none', sent('x', '', 0), 'no body is allowed'],
    [{ max_bytes: 2 }, undefined, 'the body was not read'],
    [{ max_bytes: 2 }, sent('ab'), undefined],
    [{ max_bytes: 2 }, sent('abc'), 'the body is too large'],
    [{ max_bytes: 0 }, sent(''), undefined],
    [{ media_types: ['text/plain'] }, sent('', '', 1_048_577), 'the body is too large'],
    [{ max_bytes: 1_048_576 }, sent('', '', 1_048_576), undefined],
    [{ media_types: ['text/plain'] }, sent('x', 'text/plain'), undefined],
    [{ media_types: ['text/plain'] }, sent('x', 'Text/Plain ; charset=latin1'), undefined],
    [{ media_types: ['text/plain'] }, sent('x', 'text/html'), 'the media type is not allowed'],
    [{ media_types: ['text/plain'] }, sent('x', ''), 'the media type is not allowed'],
    [{ media_types: ['text/plain'] }, sent('', ''), undefined],
    [{ forbidden_fields: ['admin'] }, sent('{"a":1}'), undefined],
    [{ forbidden_fields: ['admin'] }, sent(''), undefined],
    [{ forbidden_fields: ['admin'] }, sent('{"admin":1}'), forbidden],
    [{ forbidden_fields: ['admin'] }, sent('{"Admin":1}'), forbidden],
    [{ forbidden_fields: ['ADMIN'] }, sent('{"admin":1}'), forbidden],
    [{ forbidden_fields: ['links'] }, sent('{"lin\u212as":1}'), forbidden],
    [{ forbidden_fields: ['users'] }, sent('{"u\u017fers":1}'), forbidden],
    [{ forbidden_fields: ['admin'] }, sent('[{"a":[null,{"admin":0}]}]'), forbidden],
    [{ forbidden_fields: ['x', 'admin'] }, sent('{"a":{"\\u0061dmin":0}}'), forbidden],
    [{ forbidden_fields: ['admin'] }, sent('"admin"'), undefined],
    [{ forbidden_fields: ['admin'] }, sent('not json'), notJson],
    [{ forbidden_fields: ['admin'] }, sent('{"a":1,"a":2}'), notJson],
    [{ forbidden_fields: ['admin'] }, sent(nested(16)), undefined],
    [{ forbidden_fields: ['admin'] }, sent(nested(17)), notJson],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'text/plain'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', ''), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/jsonx'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json; charset=utf-16'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json;charset="UTF-8"'), undefined],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json; charset=utf-8 '), undefined],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json; charset=utf-8; q=1'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json; xcharset=utf-8'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/json; charset=utf-8x'), notSent],
    [{ forbidden_fields: ['admin'] }, sent('{}', 'application/merge-patch+json'), undefined],
    [{ forbidden_fields: ['admin'] }, sent('{}', JSON_TYPE, 5), 'the body is not UTF-8'],
    [{ fields: {} }, sent('{}'), undefined],
    [{ fields: {} }, sent(''), undefined],
    [{ fields: {} }, sent('{"a":1}'), 'a field of the body is not an argument the scope names'],
    [{ fields: { a: one } }, sent('{"a":1}'), undefined],
    [
      { fields: { a: one } },
      sent('{"a":2}'),
      'a field of the body does not satisfy the constraint on it',
    ],
    [
      { fields: { a: one } },
      sent('{}'),
      'a field of the body lacks an argument the scope requires',
    ],
    [{ fields: { a: one } }, sent(''), 'the body lacks a required field'],
    [{ fields: { a: { ...one, optional: true } } }, sent(''), undefined],
    [{ fields: { '*': any } }, sent('[]'), 'the body is not a JSON object'],
    [{ fields: { '*': any } }, sent('null'), 'the body is not a JSON object'],
    [{ fields: { '*': any } }, sent('"x"'), 'the body is not a JSON object'],
    [{ fields: { '*': any }, forbidden_fields: ['b'] }, sent('{"a":{"b":1}}'), forbidden],
    [
      { max_bytes: 1, media_types: ['text/html'] },
      sent('ab', 'text/plain'),
      'the body is too large',
    ],
  ]
  it.each(rows)('%j given %j', (rule, body, detail) => {
    expect(objectionToBody(rule, body)).toEqual(detail && { pointer: '', detail })
  })
})

describe('bodyWidenings (18.5), and the second checker', () => {
  const rows: readonly (readonly [Rule, Rule, readonly string[]])[] = [
    ['any', 'any', []],
    ['none', 'any', []],
    [{ max_bytes: 1 }, 'any', []],
    ['none', 'none', []],
    ['any', 'none', ['']],
    [{ max_bytes: 0 }, 'none', ['']],
    ['any', { max_bytes: 1 }, ['']],
    ['none', { max_bytes: 1 }, []],
    ['none', { fields: {} }, []],
    ['none', { fields: { a: { ...any, optional: true } } }, []],
    ['none', { fields: { a: any } }, ['']],
    [{ max_bytes: 1 }, { max_bytes: 1 }, []],
    [{ max_bytes: 2 }, { max_bytes: 1 }, ['/max_bytes']],
    [{ media_types: ['a/b'] }, { max_bytes: 1 }, ['/max_bytes']],
    [{ media_types: ['a/b'] }, { media_types: ['a/b', 'c/d'] }, []],
    [{ media_types: ['a/b', 'c/d'] }, { media_types: ['a/b'] }, ['/media_types']],
    [{ max_bytes: 1 }, { media_types: ['a/b'] }, ['/media_types']],
    [{ forbidden_fields: ['a', 'b'] }, { forbidden_fields: ['a'] }, []],
    [{ forbidden_fields: ['b'] }, { forbidden_fields: ['a'] }, ['/forbidden_fields']],
    [{ max_bytes: 1 }, { forbidden_fields: ['a'] }, ['/forbidden_fields']],
    [{ fields: { a: one } }, { fields: { a: any } }, []],
    [{ fields: { a: any } }, { fields: { a: one } }, ['/fields/a']],
    [{ max_bytes: 1 }, { fields: {} }, ['/fields']],
    [{ max_bytes: 1, fields: {} }, { max_bytes: 2, fields: { a: any } }, ['/fields']],
    [
      { max_bytes: 2, fields: {} },
      { max_bytes: 1, media_types: ['a/b'], forbidden_fields: ['x'], fields: { a: any } },
      ['/max_bytes', '/media_types', '/forbidden_fields', '/fields'],
    ],
  ]
  it.each(rows)('%j under %j', (child, parent, pointers) => {
    expect(bodyWidenings(child, parent).map(({ pointer }) => pointer)).toEqual(pointers)
    const proven = provesWithin(
      scopeOf([httpGrant({ body: child })]),
      scopeOf([httpGrant({ body: parent })]),
    )
    expect(proven).toBe(pointers.length === 0)
  })
})
