import { expect, it } from 'vitest'
import { bearerToken } from '../../src/admission/bearer.ts'
import { outcome } from '../domain/samples.ts'

it.each([
  ['Bearer a.b.c', 'a.b.c'],
  ['bearer a.b.c', 'a.b.c'],
  ['BEARER aB3-_~+/.=', 'aB3-_~+/.='],
  ['Bearer a==', 'a=='],
])('%j carries %j', (header, token) => {
  expect(bearerToken([header])).toEqual({ ok: true, value: token })
})

it.each([[undefined], [[]]])('no header is unauthenticated: %j', (headers) => {
  expect(outcome(bearerToken(headers))).toBe('unauthenticated')
})

it.each([
  [['']],
  [['Bearer']],
  [['Bearer ']],
  [['Bearer  a']],
  [['Bearer a ']],
  [[' Bearer a']],
  [['Bearer a b']],
  [['Bearer a,b']],
  [['Bearer a, Bearer b']],
  [['Bearer a\n']],
  [['Bearer a\u0000']],
  [['Bearer å']],
  [['Bearer =a']],
  [['Bearer a=b']],
  [['Bearer\ta']],
  [['Basic YTpi']],
  [['DPoP a.b.c']],
  [['xBearer a']],
  [['a.b.c']],
  [['Bearer a', 'Bearer a']],
  [['Bearer a', 'Bearer b']],
  [['Bearer a', '']],
])('%j is malformed: no two readers may disagree about the token', (headers) => {
  expect(bearerToken(headers)).toEqual({
    ok: false,
    refusal: { code: 'malformed', facts: { header: 'Authorization' }, reasons: [] },
  })
})
