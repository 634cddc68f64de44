import { describe, expect, it } from 'vitest'
import { parseScopeRequest } from '../../../src/domain/scope/parse.ts'
import { documentOf, rowsOf } from './tables.ts'

describe('parseScopeRequest refuses a constraint, at the first place that is wrong', () => {
  const refused = rowsOf(`
/grants/0/query | http {"query":"all"} | not a map of constraints
/grants/0/query | http {"query":null} | not a map of constraints
/grants/0/query | http {"query":[]} | not a map of constraints
/grants/0/query/a/value | parameter {"constraint_type":"exact","value":1} | not a text
/grants/0/query/a/values/1 | parameter {"constraint_type":"one_of","values":["1",2]} | not a text
/grants/0/query/a/constraint_type | parameter {"constraint_type":"contains","required":[]} | no such constraint
/grants/0/query/a/constraint_type | parameter {"constraint_type":"subset","allowed":[]} | no such constraint
/grants/0/query/a/constraints/0/value | parameter {"constraint_type":"all","constraints":[{"constraint_type":"exact","value":1}]} | not a text
/grants/0/arguments | tool {"arguments":null} | not a map of constraints
/grants/0/arguments | tool {"arguments":"any"} | not a map of constraints
/grants/0/arguments/* | tool {"arguments":{"*":{"constraint_type":"range","max":1}}} | what is not named can only be a plain wildcard
/grants/0/arguments/* | tool {"arguments":{"*":{"constraint_type":"wildcard","optional":true}}} | what is not named can only be a plain wildcard
/grants/0/arguments/a | argument null | not a constraint
/grants/0/arguments/a | argument "wildcard" | not a constraint
/grants/0/arguments/a/constraint_type | argument {} | no such constraint
/grants/0/arguments/a/constraint_type | argument {"constraint_type":"regex","pattern":".*"} | no such constraint
/grants/0/arguments/a/constraint_type | argument {"constraint_type":"toString"} | no such constraint
/grants/0/arguments/a/constraint_type | argument {"constraint_type":["exact"],"value":1} | no such constraint
/grants/0/arguments/a/value | argument {"constraint_type":"exact"} | missing
/grants/0/arguments/a/value | argument {"constraint_type":"exact","value":[]} | not a text, number, boolean or null
/grants/0/arguments/a/value | argument {"constraint_type":"exact","value":{}} | not a text, number, boolean or null
/grants/0/arguments/a/value | argument {"constraint_type":"wildcard","value":1} | no such member
/grants/0/arguments/a/optional | argument {"constraint_type":"wildcard","optional":null} | not true or false
/grants/0/arguments/a/constraints/0/optional | argument {"constraint_type":"all","constraints":[{"constraint_type":"wildcard","optional":true}]} | no such member
/grants/0/arguments/a | argument {"constraint_type":"range","min":2,"max":1} | not a range
/grants/0/arguments/a | argument {"constraint_type":"range","min_inclusive":false} | not a range
/grants/0/arguments/a | argument {"constraint_type":"range","min":1,"max_inclusive":false} | not a range
/grants/0/arguments/a/min | argument {"constraint_type":"range","min":"1"} | not a number
/grants/0/arguments/a/max_inclusive | argument {"constraint_type":"range","max":1,"max_inclusive":0} | not true or false
/grants/0/arguments/a/values | argument {"constraint_type":"one_of","values":[]} | an empty list is never meant
/grants/0/arguments/a/values | argument {"constraint_type":"one_of","values":"x"} | not a list
/grants/0/arguments/a/values | argument {"constraint_type":"one_of","values":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64]} | more than 64 entries
/grants/0/arguments/a/values/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0 | argument {"constraint_type":"one_of","values":[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]} | nested too deeply
/grants/0/arguments/a/excluded | argument {"constraint_type":"not_one_of"} | missing
/grants/0/arguments/a/required | argument {"constraint_type":"contains","required":{}} | not a list
/grants/0/arguments/a/allowed | argument {"constraint_type":"subset","allowed":null} | not a list
/grants/0/arguments/a/constraints | argument {"constraint_type":"all","constraints":[]} | an empty list is never meant
/grants/0/arguments/a/constraints | argument {"constraint_type":"any","constraints":[]} | an empty list is never meant
/grants/0/arguments/a/constraints | argument {"constraint_type":"any","constraints":null} | not a list
`)
  it.each(refused)('%s | %s', (pointer = '', cell = '', detail = '') => {
    expect(parseScopeRequest(documentOf(cell))).toEqual({ ok: false, pointer, detail })
  })
})
